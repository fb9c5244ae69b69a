// A separate program, because the Temporal SDK downloads a server only when it starts that server. The SDK's heavy
// runtime then stays loaded until the process ends.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [kind, version, downloadDir] = process.argv.slice(2);
if (!version || !downloadDir) throw new Error('Usage: download.ts <cli|test-server> <version> <folder>');

const executable = { type: 'cached-download' as const, version: `v${version}`, downloadDir };
const environment =
  kind === 'cli'
    ? await TestWorkflowEnvironment.createLocal({ server: { executable } })
    : await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
await environment.teardown();
