import type { Context } from 'koa';
import { networkOf } from '../../lib/http/network.ts';

/**
 * The address by which a client is rate-limited: the one that a believed proxy reports, otherwise the peer's. An IPv6
 * client owns a whole network, so the limit applies to the network.
 */
export function addressOf(ctx: Context): string {
  return networkOf(ctx.state.client!.address);
}
