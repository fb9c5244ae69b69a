/** The baselines: a worker whose activities do nothing, and a Koa app that runs one SQL statement. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import Koa from 'koa';
import { Pool } from 'pg';
import { listen } from '../../lib/http/listen.ts';
import { hostWorkflows } from '../../worker/host.ts';
import { bareActivities } from './activities.ts';

const { PORT, DATABASE_URL, TEMPORAL_ADDRESS, TASK_QUEUE } = process.env as Record<string, string>;
/** Same as in each of the app's services. */
const POOL_SIZE = 6;

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN') });
const pool = new Pool({ connectionString: DATABASE_URL!, max: POOL_SIZE });
await pool.query(
  `create table if not exists bench_orders
    (id uuid primary key, price bigint not null, created_at timestamptz not null default now())`,
);

const host = await hostWorkflows({
  address: TEMPORAL_ADDRESS!,
  namespace: 'default',
  tls: false,
  taskQueue: TASK_QUEUE!,
  activities: bareActivities as never,
  workflowBundle: await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)) }),
  onEnd: (error) => {
    throw error;
  },
});

const app = new Koa();
app.use(async (ctx) => {
  let body = '';
  for await (const chunk of ctx.req) body += chunk;
  if (body) await insert(JSON.parse(body) as { id: string; price: number });
  ctx.body = { status: 'SUCCESS' };
});
const listener = await listen(app, { host: '127.0.0.1', port: Number(PORT) });

process.once('SIGTERM', () => void end());

const insert = ({ id, price }: { id: string; price: number }) =>
  pool.query({ name: 'insert', text: 'insert into bench_orders (id, price) values ($1, $2)', values: [id, price] });

async function end(): Promise<void> {
  await listener.close();
  await host.close();
  await pool.end();
}
