import { setTimeout as sleep } from 'node:timers/promises';
import { roleNames } from '../../bin/role.ts';
import type { Topics } from './nemesis/topics.ts';
import type { World } from './world/world.ts';

/** What is still under way, in words; empty when nothing is. */
type Unrest = string[];

const LOOK_EVERY_MS = 250;
const ANSWER_WITHIN_MS = 5_000;

/** Waits until nothing is under way any more. Answers how long that took, and what was still under way when it took too long. */
export async function untilQuiet(
  world: World,
  topics: Topics,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
) {
  const beganMs = Date.now();
  for (;;) {
    const unrest = await unrestOf(world, topics).catch((error: Error) => [error.message]);
    const tookMs = Date.now() - beganMs;
    if (unrest.length === 0 || tookMs > withinMs) return { tookMs, unrest };
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function unrestOf({ databases, temporal, urls, operationsUrlOf }: World, topics: Topics): Promise<Unrest> {
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
  const what = [
    'orders in progress',
    'cancellations to be made',
    'profiles to be told of',
    'mails to be sent',
    'open workflows',
    'messages to be read',
  ];
  const under = counts.flatMap((each, n) => (each > 0 ? [`${each} ${what[n]}`] : []));
  const unready = await Promise.all(
    roleNames.map(async (role) =>
      (await isReady(role === 'gateway' ? urls[role] : operationsUrlOf(role))) ? [] : [`${role} is not ready`],
    ),
  );
  return [...under, ...unready.flat()];
}

/** Ready, and with nothing that it could do without for a while away. */
async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return ((await answer.json()) as { status: string }).status === 'ready';
}
