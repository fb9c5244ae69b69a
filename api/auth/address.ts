import { isIPv6 } from 'node:net';
import type { Context } from 'koa';
import { plainAddress } from '../../lib/http/plain-address.ts';

/**
 * The address by which a client is rate-limited. Only the gateway or an ingress reaches this listener, and both put
 * their client's address last in `X-Forwarded-For`. An IPv6 client owns a whole network, so the limit applies to the
 * network.
 */
export function addressOf(ctx: Context): string {
  const forwarded = ctx.get('x-forwarded-for').split(',').at(-1)!.trim();
  const address = plainAddress(forwarded || (ctx.req.socket.remoteAddress ?? ''));
  return isIPv6(address) ? networkOf(address) : address.slice(0, ADDRESS_LENGTH_MAX);
}

/** The length of the longest IP address. Cuts off a forwarded value that is not an address. */
const ADDRESS_LENGTH_MAX = 45;

/** The /64 network of an IPv6 address, the smallest that a provider assigns to one customer. */
function networkOf(address: string): string {
  const plain = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
