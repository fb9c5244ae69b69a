/**
 * `npm run histories` records the scenarios that have no stored history yet. `npm run histories <scenario>…` records
 * these scenarios again.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { searchAttributeFlags } from '../../../local/servers/temporal/search-attributes.ts';
import { startTemporal } from '../../../local/servers/temporal/temporal.ts';
import { bundleWorkflows } from '../../../worker/host.ts';
import { quietRuntime, realTemporal } from '../../support/temporal/server.ts';
import { bundleForReplay, replay } from './gate.ts';
import { scenarios, type Scenario } from './scenarios.ts';
import { isStored, writeStored, type Stored } from './stored.ts';

type Recorded = Omit<Stored, 'localInputs'>;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(scenarios, name));
if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')} in scenarios.ts.`);
const due = Object.entries(scenarios).filter(([name]) => (asked.length > 0 ? asked.includes(name) : !isStored(name)));

const say = (line: string) => void process.stdout.write(`${line}\n`);
if (due.length === 0) {
  say('Every scenario has a stored history. To record some of them again, name them.');
  process.exit();
}
const dir = await mkdtemp(join(tmpdir(), 'order-saga-histories-'));
const server = await startTemporal({
  dataDir: dir,
  inMemory: true,
  searchAttributes: searchAttributeFlags,
  onProgress: say,
});
try {
  const bundle = join(dir, 'workflows.js');
  await writeFile(bundle, (await bundleWorkflows()).code);
  Object.assign(process.env, { TEMPORAL_ADDRESS: server.address, TEST_WORKFLOW_BUNDLE: bundle });
  quietRuntime();
  const recorded = await recordAll();
  const replayed = await replay(await bundleForReplay(), recorded);
  const stored = recorded.map((each, n) => {
    const { fault, calls } = replayed[n]!;
    if (fault) throw fault;
    return {
      ...each,
      localInputs: calls.filter(({ kind }) => kind === 'local').map(({ activity, args }) => ({ activity, args })),
    };
  });
  await writeStored(stored);
  say(`recorded ${stored.length} histories`);
} finally {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}

/** The stuck scenarios take a minute each, so they run in parallel. */
async function recordAll(): Promise<Recorded[]> {
  const isLong = ([name]: [string, Scenario]) => name.includes('stuck');
  const long = due.filter(isLong).map(recordOne);
  const quick: Recorded[] = [];
  for (const each of due.filter((one) => !isLong(one))) quick.push(await recordOne(each));
  return [...quick, ...(await Promise.all(long))];
}

async function recordOne([name, scenario]: [string, Scenario]): Promise<Recorded> {
  const temporal = realTemporal();
  try {
    const workflowId = await scenario(temporal.client);
    const history = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    say(name);
    return { name, workflowId, history: JSON.parse(historyToJSON(history)) as Stored['history'] };
  } finally {
    await temporal.close();
  }
}
