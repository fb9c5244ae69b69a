import { isIPv6 } from 'node:net';
import type { Context } from 'koa';
import { plainAddress } from '../../lib/plain-address.ts';

/**
 * The address that a request's client is limited by. Only the gateway or an ingress reaches this listener, and either ends
 * `X-Forwarded-For` with the client that it saw itself. Whoever has an IPv6 address has a whole network of them, and is limited by that.
 */
export function addressOf(ctx: Context): string {
  const forwarded = ctx.get('x-forwarded-for').split(',').at(-1)!.trim();
  const address = plainAddress(forwarded || (ctx.req.socket.remoteAddress ?? ''));
  return isIPv6(address) ? networkOf(address) : address.slice(0, ADDRESS_LENGTH_MAX);
}

/** Of what is no address, for which there is no bound otherwise. */
const ADDRESS_LENGTH_MAX = 45;

/** The first half of an IPv6 address: what a provider gives to one customer, at the least. */
function networkOf(address: string): string {
  const plain = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
