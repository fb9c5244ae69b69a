import { isIPv6 } from 'node:net';
import type { Context } from 'koa';

/**
 * The address by which a client is rate-limited: the one that a believed proxy reports, otherwise the peer's. An IPv6
 * client owns a whole network, so the limit applies to the network.
 */
export function addressOf(ctx: Context): string {
  const { address } = ctx.state.client!;
  return isIPv6(address) ? networkOf(address) : address;
}

/** The /64 network of an IPv6 address, the smallest that a provider assigns to one customer. */
function networkOf(address: string): string {
  const plain = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
