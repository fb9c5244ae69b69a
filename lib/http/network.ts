import { isIPv6 } from 'node:net';
import { plainAddress } from './plain-address.ts';

/**
 * Returns the part of an address by which clients are counted: an IPv4 address itself, or the /64 network of an IPv6
 * address, the smallest network that a provider assigns to one customer. Returns other text unchanged.
 */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? network64Of(plain) : plain;
}

function network64Of(address: string): string {
  const plain = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
