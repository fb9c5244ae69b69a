import { setTimeout as sleep } from 'node:timers/promises';
import type { Prng } from '../prng.ts';
import { signUp, type Buyer, type Retry } from './buyer.ts';
import { createCaller, type Caller } from './caller.ts';
import type { ApiRequest, Exchange, History } from './history.ts';
import type { ServedRole, MoveContext } from './move.ts';
import { pickMove } from './moves.ts';
import { token, withHeaders } from './requests.ts';
import { verdictOf } from './verdict.ts';
import { walletOfBuyer, type Wallet } from './wallet.ts';

export interface ClientsOptions {
  prng: Prng;
  history: History;
  gatewayUrl: string;
  /** Requests to these addresses bypass the gateway. */
  serviceUrls: Readonly<Record<ServedRole, string>>;
  buyerCount: number;
  signal: AbortSignal;
}

export interface Clients {
  orders(): number;
  duplicates: number;
  /** The share of moves that cancel the buyer's latest order. */
  cancellations: number;
  /** Runs the buyers in parallel until this many orders exist. Rejects if no order is made for three minutes. */
  shop(orders: number): Promise<void>;
  /** Call it after the last fault. Retries all pending requests and returns those still unknown at the deadline. */
  resolvePending(withinMs: number): Promise<ApiRequest[]>;
  readonly buyers: readonly Buyer[];
  close(): Promise<void>;
}

const USUAL_DUPLICATES = 0.12;
const WAIT_MS = { min: 50, max: 400 };
/** Longer than any outage. */
const STALLED_MS = 180_000;

/** Simulated buyers; each makes one move after the other. */
export function createClients({
  prng,
  history,
  gatewayUrl,
  serviceUrls,
  buyerCount,
  signal: ending,
}: ClientsOptions): Clients {
  const stalling = new AbortController();
  const signal = AbortSignal.any([ending, stalling.signal]);
  const caller = createCaller(gatewayUrl, history);
  const services = Object.fromEntries(
    Object.entries(serviceUrls).map(([role, url]) => [role, createCaller(url, history)]),
  ) as Record<string, Caller>;
  const prngs = Array.from({ length: buyerCount }, () => prng.fork());
  const buyers: Buyer[] = [];
  const shoppers: Buyer[] = [];
  const orders = () => buyers.reduce((sum, buyer) => sum + buyer.orders.size, 0);
  const pause = (own: Prng) => sleep(own.between(WAIT_MS.min, WAIT_MS.max), undefined, { signal });

  const retry =
    (own: Prng): Retry =>
    async (send, isDone) => {
      for (;;) {
        const exchange = await send();
        if (isDone(exchange)) return exchange;
        await pause(own);
      }
    };
  /** Tries once to get a token for the buyer, and sends the request with it. Without a token, sends nothing. */
  const sendToService =
    (buyer: Buyer): MoveContext['sendToService'] =>
    async (request, role) => {
      const { response } = await caller.send(token(buyer.credentials), buyer.id);
      if (response?.status !== 200) return undefined;
      return services[role]!.send(
        withHeaders(request, { authorization: `Bearer ${response.body.access_token as string}` }),
        buyer.id,
      );
    };

  const sendAnonymously: MoveContext['sendAnonymously'] = (request, role) => services[role]!.send(request);
  const sendInSession: MoveContext['sendInSession'] = (cookie, request, userId) =>
    caller.send(withHeaders(request, cookie === undefined ? {} : { cookie }), userId);
  const newBuyer = (own: Prng, wallet: Wallet) =>
    signUp({ caller, prng: own.fork(), retry: retry(own.fork()), wallet });
  const addBuyer = async (own: Prng) => void buyers.push(await newBuyer(own, walletOfBuyer(buyers.length)));

  const clients: Clients = {
    orders,
    duplicates: USUAL_DUPLICATES,
    cancellations: 0,
    buyers,
    async shop(wanted) {
      const shopping = async (n: number) => {
        const own = prngs[n]!;
        const buyer = (shoppers[n] ??= await newBuyer(own, walletOfBuyer(n)));
        if (!buyers.includes(buyer)) buyers.push(buyer);
        while (orders() < wanted) {
          signal.throwIfAborted();
          // Each move has its own generator, so its decisions do not depend on how many numbers earlier moves drew.
          const movePrng = own.fork();
          const others = buyers.filter((other) => other !== buyer);
          const { duplicates, cancellations } = clients;
          const context: MoveContext = {
            buyer,
            others,
            prng: movePrng,
            duplicates,
            cancellations,
            sendToService: sendToService(buyer),
            sendAnonymously,
            sendInSession,
            addBuyer: () => addBuyer(own.fork()),
          };
          await pickMove(context)(context);
          if (shouldPause(history, buyer)) await pause(movePrng);
        }
      };
      const watch = watchProgress(orders, () =>
        stalling.abort(new Error(`no order was made for ${STALLED_MS / 1000} s; there are ${orders()} orders`)),
      );
      try {
        await Promise.all(prngs.map((_each, n) => shopping(n)));
      } finally {
        clearInterval(watch);
      }
    },
    async resolvePending(withinMs) {
      const deadline = Date.now() + withinMs;
      const unresolved = await Promise.all(
        buyers.map(async ({ pending, send }) => {
          for (const request of pending.slice())
            await retry(prngs[0]!)(
              () => send(request),
              (exchange) => verdictOf(exchange) !== 'unknown' || Date.now() > deadline,
            );
          return pending;
        }),
      );
      return unresolved.flat();
    },
    close: async () => void (await Promise.all([caller, ...Object.values(services)].map((each) => each.close()))),
  };
  return clients;
}

function watchProgress(count: () => number, onStalled: () => void): NodeJS.Timeout {
  let [last, sinceMs] = [count(), Date.now()];
  return setInterval(() => {
    if (count() !== last) [last, sinceMs] = [count(), Date.now()];
    else if (Date.now() - sinceMs > STALLED_MS) onStalled();
  }, 1_000);
}

function shouldPause({ exchanges }: History, buyer: Buyer): boolean {
  const last: Exchange | undefined = exchanges.findLast(({ userId }) => userId === buyer.id);
  return (
    last !== undefined &&
    (verdictOf(last) === 'unknown' || last.response?.status === 401 || last.response?.status === 429)
  );
}
