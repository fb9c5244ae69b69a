// A program of its own, because the download comes as a part of starting a server in the Temporal SDK, whose runtime is heavy
// and stays in a process once it is loaded. Usage: temporal-download.ts <cli|test-server> <version> <folder>
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [kind, version, downloadDir] = process.argv.slice(2);
if (!version || !downloadDir) throw new Error('usage: temporal-download.ts <cli|test-server> <version> <folder>');

const executable = { type: 'cached-download' as const, version: `v${version}`, downloadDir };
const environment =
  kind === 'cli'
    ? await TestWorkflowEnvironment.createLocal({ server: { executable } })
    : await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
await environment.teardown();
