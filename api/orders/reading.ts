import { PassThrough } from 'node:stream';
import { present } from '../../lib/http/answers.ts';
import type { Call } from '../../lib/http/api.ts';
import { responseClosedSignal } from '../../lib/http/disconnect.ts';
import { matchesTag } from '../../lib/http/etag.ts';
import type { Order } from './order.ts';
import { etagOf, isPending, orderOf, toBody } from './present.ts';
import type { OrderStore } from './store.ts';
import type { Watcher } from './watcher.ts';

const WAIT_MAX_S = 30;
/** Proxies close idle streams. */
const HEARTBEAT_MS = 15_000;
/** A stream ends after this time. Clients reconnect, so no stream has to outlive a deployment. */
const STREAM_MAX_MS = 10 * 60_000;

interface Ports {
  store: OrderStore;
  watcher: Watcher;
}

/** With `Prefer: wait`, waits until the order is no longer pending or the time is up. */
export const readOrder =
  ({ store, watcher }: Ports) =>
  async (call: Call<'readOrder'>): Promise<void> => {
    let order = await orderOf(call, store);
    const waitS = preferredWaitS(call.header('prefer'));
    if (waitS > 0) {
      call.ctx.set('preference-applied', `wait=${waitS}`);
      const stop = AbortSignal.any([responseClosedSignal(call.ctx), AbortSignal.timeout(waitS * 1000)]);
      for await (const next of changesFrom(order, watcher, stop)) order = next;
    }
    const etag = etagOf(order);
    if (matchesTag(call.header('if-none-match'), etag)) {
      call.ctx.set('etag', etag);
      call.ctx.status = 304;
      return;
    }
    present(call, 200, toBody(order), { headers: { etag } });
  };

/** Server-sent events: the current status, then each change up to the final one. */
export const orderEvents =
  ({ store, watcher }: Ports) =>
  async (call: Call<'orderEvents'>): Promise<void> => {
    const { ctx } = call;
    const order = await orderOf(call, store);
    const seen = call.header('last-event-id');
    // Browsers reconnect when a stream ends. A 204 makes them stop.
    if (!isPending(order) && seen === eventIdOf(order)) {
      ctx.status = 204;
      return;
    }
    const events = new PassThrough();
    const closed = responseClosedSignal(ctx);
    ctx.set({
      'content-type': 'text/event-stream',
      'cache-control': 'private, no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    ctx.body = events;

    const heartbeat = setInterval(() => events.write(': still here\n\n'), HEARTBEAT_MS);
    const write = (state: Order) =>
      events.write(`id: ${eventIdOf(state)}\nevent: status\ndata: ${JSON.stringify(toBody(state))}\n\n`);
    const follow = async () => {
      const missed = seen === eventIdOf({ ...order, status: 'IN_PROGRESS' }) ? statesOf(order) : [order];
      // Clients consider the stream open once the first bytes arrive.
      events.write(': here\n\n');
      missed.filter((state) => eventIdOf(state) !== seen).forEach(write);
      const stop = AbortSignal.any([closed, AbortSignal.timeout(STREAM_MAX_MS)]);
      let last = order;
      for await (const next of changesFrom(order, watcher, stop)) {
        for (const state of statesOf(next)) if (state.status !== last.status) write(state);
        last = next;
      }
    };
    void follow().finally(() => {
      clearInterval(heartbeat);
      events.end();
    });
  };

/** Yields each change until the order is no longer pending or the signal aborts. */
async function* changesFrom(order: Order, watcher: Watcher, signal: AbortSignal): AsyncGenerator<Order> {
  for (let now: Order | undefined = order; now && isPending(now);) {
    now = await watcher.next(now, signal);
    if (now) yield now;
  }
}

/** All states since IN_PROGRESS: the order may have succeeded and been cancelled between two polls. */
const statesOf = (final: Order): Order[] =>
  final.firstStatus === 'SUCCESS' && final.status === 'CANCELLED'
    ? [{ ...final, status: 'SUCCESS', reason: null }, final]
    : [final];

const eventIdOf = (order: Order): string => etagOf(order).replaceAll('"', '');

/** RFC 7240: caps the wait and ignores other preferences. */
function preferredWaitS(prefer: string | undefined): number {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec(prefer ?? '') ?? [];
  return Math.min(Number(seconds ?? 0), WAIT_MAX_S);
}
