import { setTimeout as sleep } from 'node:timers/promises';
import { roleNames } from '../../roles/role.ts';
import type { Topics } from './nemesis/topics.ts';
import type { World } from './world/world.ts';

const CHECK_EVERY_MS = 250;
const ANSWER_WITHIN_MS = 5_000;

/** Waits until no work is pending, at most `withinMs`. Returns the time taken and what is still pending. */
export async function untilQuiet(
  world: World,
  topics: Topics,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
) {
  const startedMs = Date.now();
  for (;;) {
    const pending = await pendingWork(world, topics).catch((error: Error) => [error.message]);
    const tookMs = Date.now() - startedMs;
    if (pending.length === 0 || tookMs > withinMs) return { tookMs, pending };
    await sleep(CHECK_EVERY_MS, undefined, { signal });
  }
}

async function pendingWork({ databases, temporal, urls, operationsUrlOf }: World, topics: Topics): Promise<string[]> {
  const count = async (service: keyof typeof databases, from: string) =>
    (await databases[service]<{ count: number }>(`select count(*)::int as count from ${from}`))[0]!.count;
  const counts = await Promise.all([
    count('orders', `orders where status = 'IN_PROGRESS'`),
    count('orders', `orders where cancel_cause is not null and status = 'SUCCESS'`),
    count('users', 'profile_changes'),
    count('notifications', `notifications where status = 'PENDING'`),
    temporal.client.workflow.count(`ExecutionStatus = 'Running'`).then(({ count: open }) => open),
    topics.lag(),
  ]);
  const labels = [
    'orders in progress',
    'unfinished cancellations',
    'unannounced profile changes',
    'unsent mails',
    'open workflows',
    'unread messages',
  ];
  const pending = counts.flatMap((each, n) => (each > 0 ? [`${each} ${labels[n]}`] : []));
  const unready = await Promise.all(
    roleNames.map(async (role) =>
      (await isReady(role === 'gateway' ? urls[role] : operationsUrlOf(role))) ? [] : [`${role} is not ready`],
    ),
  );
  return [...pending, ...unready.flat()];
}

/** True if the role is ready and all its dependencies are up, including those that it can do without for a while. */
async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return ((await response.json()) as { status: string }).status === 'ready';
}
