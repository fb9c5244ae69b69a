import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { deadLetterTopic } from '../../../lib/kafka/dead-letters.ts';
import type { Received } from '../../../lib/kafka/message.ts';
import { createTransport } from '../../../lib/kafka/transport.ts';
import { createLog } from '../../../lib/log.ts';
import type { RoleName } from '../../../roles/role.ts';
import { eventually } from '../../support/eventually.ts';
import { signUp, type Buyer, type Retry } from '../clients/buyer.ts';
import { createCaller } from '../clients/caller.ts';
import { createHistory } from '../clients/history.ts';
import { walletOfBuyer } from '../clients/wallet.ts';
import { armFailpoint, failpoints, hitFailpoints } from '../failpoints/points.ts';
import { createPrng } from '../prng.ts';
import { startWorld } from '../world/world.ts';

const DIE_WITHIN_MS = 180_000;
const REACH_STEP_WITHIN_MS = 10_000;
export const UNPROCESSABLE_TOPIC = 'order-service.OrderCreated';

export type DeathShop = Awaited<ReturnType<typeof startDeathShop>>;

/** The whole installation; each role is a process that can be killed at a failpoint and is then restarted. */
export async function startDeathShop() {
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-deaths-'));
  const stopping = new AbortController();
  const root = join(import.meta.dirname, '..', '..', '..');
  const world = await startWorld({ dir, root, signal: stopping.signal, onNote: () => {} });
  const history = createHistory(join(dir, 'history'));
  const caller = createCaller(world.urls.gateway, history);
  const billing = createCaller(world.urls.billing, history);
  const env = world.stack.env();
  const asWorker = createServiceTokens('worker', env['WORKER_SERVICE_KEY']!, 'billing');
  const prng = createPrng(Date.now());

  const transport = createTransport({ brokers: [env['KAFKA_BROKERS']!], clientId: 'test', log: createLog('silent') });
  const publisher = transport.createPublisher();
  const letters: Received[] = [];
  const reading = transport.consume({
    groupId: 'test',
    topics: [deadLetterTopic(UNPROCESSABLE_TOPIC)],
    handle: async (letter) => void letters.push(letter),
  });

  let lastDeath: Promise<unknown> = Promise.resolve();
  let deaths = 0;
  const dieAt = async (name: string, trigger: () => Promise<unknown>): Promise<void> => {
    const { role } = failpoints.find((failpoint) => failpoint.name === name)!;
    const before = world.roles.restarts(role);
    armFailpoint(world.failpointsDir, name);
    const isDead = () => assertHit(hitFailpoints(world.failpointsDir), name);
    // A busy machine may reject a request before it reaches the step.
    await eventually(async () => {
      await trigger();
      await eventually(isDead, REACH_STEP_WITHIN_MS);
    }, DIE_WITHIN_MS);
    deaths++;
    await eventually(() => hasRestarted(role, before), DIE_WITHIN_MS);
  };
  const hasRestarted = async (role: RoleName, before: number): Promise<void> => {
    if (world.roles.restarts(role) === before) throw new Error(`${role} has not restarted yet`);
    await fetch(`${world.operationsUrlOf(role)}/health/live`);
  };

  return {
    databases: world.databases,
    temporal: world.temporal,
    mailUrl: world.stack.servers.mail!.inboxUrl,
    prng,
    caller,
    letters,
    publish: publisher.publish,
    /** A buyer with a profile and a balance of 3,000. */
    newBuyer: (): Promise<Buyer> => signUp({ caller, prng: prng.fork(), retry, wallet: walletOfBuyer(0) }),
    sendToBilling: (request: Parameters<typeof billing.send>[0]) =>
      billing.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${asWorker()}` } }),
    /**
     * Kills a role at a failpoint during the work that `trigger` starts. Resolves once the role has restarted and
     * `resend` has an answer. Concurrent calls run one after the other.
     */
    dieAt(name: string, trigger: () => Promise<unknown>, resend?: () => Promise<unknown>): Promise<unknown> {
      const death = lastDeath.then(async () => {
        await dieAt(name, trigger);
        return resend?.();
      });
      lastDeath = death.catch(() => {});
      return death;
    },
    /** Waits for completion. If a role dies meanwhile, that may delay this work too, so the time limit starts again. */
    async untilCompleted(completed: () => Promise<void>, withinMs: number): Promise<void> {
      for (;;) {
        const before = deaths;
        try {
          return await eventually(completed, withinMs);
        } catch (error) {
          if (deaths === before) throw error;
        }
      }
    },
    unexpectedExits: world.roles.unexpectedExits,
    async stop() {
      await Promise.all([reading.close(), publisher.close(), caller.close(), billing.close()]);
      await transport.close();
      await history.close();
      stopping.abort();
      await world.stop();
    },
  };
}

/** Repeats a request until `isDone` accepts the exchange. */
export const retry: Retry = (send, isDone) =>
  eventually(async () => {
    const exchange = await send();
    if (!isDone(exchange))
      throw new Error(
        `${exchange.request.operation}: ${exchange.response?.kind ?? exchange.response?.status ?? exchange.connectionError}`,
      );
    return exchange;
  });

function assertHit(names: readonly string[], name: string): void {
  if (!names.includes(name)) throw new Error(`no process has died at ${name}`);
}
