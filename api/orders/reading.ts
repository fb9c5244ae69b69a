import { PassThrough } from 'node:stream';
import type { Handler } from '../../lib/api.ts';
import { present } from '../../lib/exchange.ts';
import { untilGone } from '../../lib/gone.ts';
import { etagOf, isUnderWay, orderOf, toBody } from './present.ts';
import type { Order, OrderStore } from './store.ts';
import type { Watcher } from './watcher.ts';

const WAIT_MAX_S = 30;
/** A stream that says nothing is closed by what lies between. */
const HEARTBEAT_MS = 15_000;
/** The client comes back by itself, so no stream has to outlive a deployment. */
const STREAM_MAX_MS = 10 * 60_000;

interface Ports {
  store: OrderStore;
  watcher: Watcher;
}

/** One order as it stands; with `Prefer: wait` as it stands once it is final and not being taken back, or the wait is over. */
export const readOrder =
  ({ store, watcher }: Ports): Handler =>
  async (call) => {
    let order = await orderOf(call, store);
    const waitS = preferredWaitS(call.header('prefer'));
    if (waitS > 0) {
      call.ctx.set('preference-applied', `wait=${waitS}`);
      const over = AbortSignal.any([untilGone(call.ctx), AbortSignal.timeout(waitS * 1000)]);
      for await (const next of turnsFrom(order, watcher, over)) order = next;
    }
    const etag = etagOf(order);
    if (matches(call.header('if-none-match'), etag)) {
      call.ctx.set('etag', etag);
      call.ctx.status = 304;
      return;
    }
    present(call, 200, toBody(order), { headers: { etag } });
  };

/** Server-sent events: where the order stands, then each change of it, to the final one. */
export const orderEvents =
  ({ store, watcher }: Ports): Handler =>
  async (call) => {
    const { ctx } = call;
    const order = await orderOf(call, store);
    const seen = call.header('last-event-id');
    // A browser comes back when a stream ends: 204 tells it that it has seen all there is.
    if (!isUnderWay(order) && seen === eventIdOf(order)) {
      ctx.status = 204;
      return;
    }
    const events = new PassThrough();
    const gone = untilGone(ctx);
    ctx.set({
      'content-type': 'text/event-stream',
      'cache-control': 'private, no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    ctx.body = events;

    const heartbeat = setInterval(() => events.write(': still here\n\n'), HEARTBEAT_MS);
    const write = (each: Order) =>
      events.write(`id: ${eventIdOf(each)}\nevent: status\ndata: ${JSON.stringify(toBody(each))}\n\n`);
    const follow = async () => {
      const turns = seen === eventIdOf({ ...order, status: 'IN_PROGRESS' }) ? turnsOf(order) : [order];
      // Something at once in any case: a client takes the stream for open when its first bytes are there.
      events.write(': here\n\n');
      turns.filter((turn) => eventIdOf(turn) !== seen).forEach(write);
      const over = AbortSignal.any([gone, AbortSignal.timeout(STREAM_MAX_MS)]);
      let told = order;
      for await (const next of turnsFrom(order, watcher, over)) {
        for (const turn of turnsOf(next)) if (turn.status !== told.status) write(turn);
        told = next;
      }
    };
    void follow().finally(() => {
      clearInterval(heartbeat);
      events.end();
    });
  };

/** What an order becomes from here on, until it stays so or the signal comes. */
async function* turnsFrom(order: Order, watcher: Watcher, signal: AbortSignal): AsyncGenerator<Order> {
  for (let now: Order | undefined = order; now && isUnderWay(now);) {
    now = await watcher.next(now, signal);
    if (now) yield now;
  }
}

/** What an order has become since it was in progress: it may have been taken back between two looks. */
const turnsOf = (final: Order): Order[] =>
  final.firstStatus === 'SUCCESS' && final.status === 'CANCELLED'
    ? [{ ...final, status: 'SUCCESS', reason: null }, final]
    : [final];

const eventIdOf = (order: Order): string => etagOf(order).replaceAll('"', '');

/** RFC 7240. A longer wait than there is becomes the longest one; other preferences are not ours. */
function preferredWaitS(prefer: string | undefined): number {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec(prefer ?? '') ?? [];
  return Math.min(Number(seconds ?? 0), WAIT_MAX_S);
}

/** RFC 9110: weak comparison, any of a list, or `*`. */
const matches = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((each) => each.trim().replace(/^W\//, '') === etag));
