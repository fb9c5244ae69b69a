import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RoleName } from '../../../bin/role.ts';
import { deadLetterTopic } from '../../../lib/dead-letters.ts';
import { createTransport, type Received } from '../../../lib/kafka.ts';
import { createLog } from '../../../lib/log.ts';
import { createServiceTokens } from '../../../lib/tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { arrive, type Again, type Buyer } from '../clients/buyer.ts';
import { createCaller } from '../clients/caller.ts';
import { createHistory } from '../clients/history.ts';
import { armFailpoint, failpoints, hitFailpoints } from '../failpoints/points.ts';
import { createPrng } from '../prng.ts';
import { startWorld } from '../world/world.ts';

const DIE_WITHIN_MS = 180_000;
const COME_TO_IT_WITHIN_MS = 10_000;
export const POISONED = 'order-service.OrderCreated';

export type MortalShop = Awaited<ReturnType<typeof startMortalShop>>;

/** The whole installation, each role a process that can be told where to die and that is started again when it has. */
export async function startMortalShop() {
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-deaths-'));
  const stopping = new AbortController();
  const root = join(import.meta.dirname, '..', '..', '..');
  const world = await startWorld({ dir, root, signal: stopping.signal, onNote: () => {} });
  const history = createHistory(join(dir, 'history'));
  const caller = createCaller(world.urls.gateway, history);
  const billing = createCaller(world.urls.billing, history);
  const env = world.stack.env();
  const asWorker = createServiceTokens('worker', env['WORKER_SERVICE_KEY']!);
  const prng = createPrng(Date.now());

  const transport = createTransport({ brokers: [env['KAFKA_BROKERS']!], clientId: 'test', log: createLog('silent') });
  const publisher = transport.createPublisher();
  const letters: Received[] = [];
  const reading = transport.consume({
    groupId: 'test',
    topics: [deadLetterTopic(POISONED)],
    handle: async (letter) => void letters.push(letter),
  });

  let lastDeath: Promise<unknown> = Promise.resolve();
  let deaths = 0;
  const dieAt = async (name: string, trigger: () => Promise<unknown>): Promise<void> => {
    const { role } = failpoints.find((failpoint) => failpoint.name === name)!;
    const before = world.roles.restarts(role);
    armFailpoint(world.failpointsDir, name);
    const isDead = () => assertSome(hitFailpoints(world.failpointsDir), name);
    // On a machine that is busy a request may be turned away before it comes to the step.
    await eventually(async () => {
      await trigger();
      await eventually(isDead, COME_TO_IT_WITHIN_MS);
    }, DIE_WITHIN_MS);
    deaths++;
    await eventually(() => isBack(role, before), DIE_WITHIN_MS);
  };
  const isBack = async (role: RoleName, before: number): Promise<void> => {
    if (world.roles.restarts(role) === before) throw new Error(`${role} is not started again yet`);
    await fetch(`${world.operationsUrlOf(role)}/health/live`);
  };

  return {
    databases: world.databases,
    temporal: world.temporal,
    mailUrl: world.stack.servers.mail!.webUrl,
    prng,
    caller,
    letters,
    publish: publisher.publish,
    /** Somebody with a profile and 3,000 on the account. */
    newBuyer: (): Promise<Buyer> => arrive({ caller, prng: prng.fork(), again }),
    /** Asks billing as the worker does. */
    askBilling: (asked: Parameters<typeof billing.ask>[0]) =>
      billing.ask({ ...asked, headers: { ...asked.headers, authorization: `Bearer ${asWorker()}` } }),
    /** Has the role of a failpoint die there while it does what the trigger sets in motion. Afterwards the role is back, and who insists has an answer. One death at a time. */
    dieAt(name: string, trigger: () => Promise<unknown>, insist?: () => Promise<unknown>): Promise<unknown> {
      const death = lastDeath.then(async () => {
        await dieAt(name, trigger);
        return insist?.();
      });
      lastDeath = death.catch(() => {});
      return death;
    },
    /** Waits until something has ended. Whoever dies meanwhile may have taken its turn with them, so that it has the whole time again. */
    async untilEnded(ended: () => Promise<void>, withinMs: number): Promise<void> {
      for (;;) {
        const before = deaths;
        try {
          return await eventually(ended, withinMs);
        } catch (error) {
          if (deaths === before) throw error;
        }
      }
    },
    endedByThemselves: world.roles.endedByThemselves,
    async stop() {
      await Promise.all([reading.close(), publisher.close(), caller.close(), billing.close()]);
      await transport.close();
      await history.close();
      stopping.abort();
      await world.stop();
    },
  };
}

/** Asks until the answer will do, whatever comes before it. */
export const again: Again = (ask, willDo) =>
  eventually(async () => {
    const exchange = await ask();
    if (!willDo(exchange))
      throw new Error(
        `${exchange.asked.operation}: ${exchange.answer?.kind ?? exchange.answer?.status ?? exchange.broken}`,
      );
    return exchange;
  });

function assertSome(names: readonly string[], name: string): void {
  if (!names.includes(name)) throw new Error(`nobody has died at ${name}`);
}
