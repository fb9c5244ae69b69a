import { setTimeout as sleep } from 'node:timers/promises';
import type { Prng } from '../prng.ts';
import { arrive, type Again, type Buyer } from './buyer.ts';
import { createCaller, type Caller } from './caller.ts';
import type { Asked, Exchange, History } from './history.ts';
import { pickMove, type ServedRole, type Turn } from './moves.ts';
import { token, withHeaders } from './requests.ts';
import { verdictOf } from './verdict.ts';

export interface ClientsOptions {
  prng: Prng;
  history: History;
  /** Where the gateway is, and where the services are for whoever goes past it. */
  gatewayUrl: string;
  serviceUrls: Readonly<Record<ServedRole, string>>;
  buyers: number;
  signal: AbortSignal;
}

export interface Clients {
  /** How many orders are known to have been made. */
  orders(): number;
  /** How likely a write is sent several times at once. */
  duplicates: number;
  /** The buyers come, each on their own, and order until there are so many orders in all. Rejects when no more are made for minutes. */
  shop(orders: number): Promise<void>;
  /** Asks again what nothing is known of, until something is, and answers what is left when the time is over. For when nothing is broken any more. */
  insist(withinMs: number): Promise<Asked[]>;
  readonly buyers: readonly Buyer[];
  close(): Promise<void>;
}

const USUAL_DUPLICATES = 0.12;
const WAIT_MS = { min: 50, max: 400 };
/** Longer than everything may be away at once. */
const STALLED_MS = 180_000;

/** Buyers, each of whom does one thing after the other. */
export function createClients({
  prng,
  history,
  gatewayUrl,
  serviceUrls,
  buyers: count,
  signal: ending,
}: ClientsOptions): Clients {
  const stalling = new AbortController();
  const signal = AbortSignal.any([ending, stalling.signal]);
  const caller = createCaller(gatewayUrl, history);
  const services = Object.fromEntries(
    Object.entries(serviceUrls).map(([role, url]) => [role, createCaller(url, history)]),
  ) as Record<string, Caller>;
  const chances = Array.from({ length: count }, () => prng.fork());
  const present: Buyer[] = [];
  const shoppers: Buyer[] = [];
  const orders = () => present.reduce((sum, buyer) => sum + buyer.orders.size, 0);
  const pause = (of: Prng) => sleep(of.between(WAIT_MS.min, WAIT_MS.max), undefined, { signal });

  const again =
    (of: Prng): Again =>
    async (ask, willDo) => {
      for (;;) {
        const exchange = await ask();
        if (willDo(exchange)) return exchange;
        await pause(of);
      }
    };
  /** With a token of the buyer's own, for as long as it may be had at the first try. */
  const askService =
    (buyer: Buyer): Turn['askService'] =>
    async (asked, role) => {
      const { answer } = await caller.ask(token(buyer.credentials), buyer.id);
      if (answer?.status !== 200) return undefined;
      return services[role]!.ask(
        withHeaders(asked, { authorization: `Bearer ${answer.body.access_token as string}` }),
        buyer.id,
      );
    };

  const askAsNobody: Turn['askAsNobody'] = (asked, role) => services[role]!.ask(asked);
  const askIn: Turn['askIn'] = (cookie, asked, as) => caller.ask(withHeaders(asked, { cookie }), as);
  const comer = (of: Prng) => arrive({ caller, prng: of.fork(), again: again(of.fork()) });
  const invite = async (of: Prng) => void present.push(await comer(of));

  const clients: Clients = {
    orders,
    duplicates: USUAL_DUPLICATES,
    buyers: present,
    async shop(wanted) {
      const shopping = async (n: number) => {
        const own = chances[n]!;
        const buyer = (shoppers[n] ??= await comer(own));
        if (!present.includes(buyer)) present.push(buyer);
        while (orders() < wanted) {
          signal.throwIfAborted();
          // Each with chances of its own: what a move decides does not depend on what the ones before it met.
          const chance = own.fork();
          const others = present.filter((other) => other !== buyer);
          const { duplicates } = clients;
          const turn: Turn = {
            buyer,
            others,
            prng: chance,
            duplicates,
            askService: askService(buyer),
            askAsNobody,
            askIn,
            invite: () => invite(own.fork()),
          };
          await pickMove(turn)(turn);
          if (lastWasUnknown(history, buyer)) await pause(chance);
        }
      };
      const watch = watchProgress(orders, () =>
        stalling.abort(new Error(`no order was made for ${STALLED_MS / 1000} s, after ${orders()} orders`)),
      );
      try {
        await Promise.all(chances.map((_each, n) => shopping(n)));
      } finally {
        clearInterval(watch);
      }
    },
    async insist(withinMs) {
      const deadline = Date.now() + withinMs;
      const left = await Promise.all(
        present.map(async ({ open, ask }) => {
          for (const asked of open.slice())
            await again(chances[0]!)(
              () => ask(asked),
              (exchange) => verdictOf(exchange) !== 'unknown' || Date.now() > deadline,
            );
          return open;
        }),
      );
      return left.flat();
    },
    close: async () => void (await Promise.all([caller, ...Object.values(services)].map((each) => each.close()))),
  };
  return clients;
}

/** Tells when a count stands still. */
function watchProgress(count: () => number, onStalled: () => void): NodeJS.Timeout {
  let [last, sinceMs] = [count(), Date.now()];
  return setInterval(() => {
    if (count() !== last) [last, sinceMs] = [count(), Date.now()];
    else if (Date.now() - sinceMs > STALLED_MS) onStalled();
  }, 1_000);
}

/** Whoever hears nothing, or that it is not the time, does not come back at once. */
function lastWasUnknown({ exchanges }: History, buyer: Buyer): boolean {
  const last: Exchange | undefined = exchanges.findLast(({ as }) => as === buyer.id);
  return (
    last !== undefined && (verdictOf(last) === 'unknown' || last.answer?.status === 401 || last.answer?.status === 429)
  );
}
