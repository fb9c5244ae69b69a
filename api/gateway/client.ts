import { BlockList, isIP } from 'node:net';
import type { Context } from 'koa';
import { plainAddress } from '../../lib/plain-address.ts';

/** How a client reached us: past the proxies that the configuration names, as far as they can be believed. */
export interface Client {
  address: string;
  proto: string;
  host: string;
}

/**
 * Reads how a client reached us. `X-Forwarded-*` counts only when it comes from one of these addresses or networks (`10.0.0.0/8`);
 * anybody else could write anything into it. Throws for one that is neither.
 */
export function createClientReader(trustedProxies: readonly string[]): (ctx: Context) => Client {
  const trusted = blockListOf(trustedProxies);
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return (ctx) => {
    const peer = plainAddress(ctx.req.socket.remoteAddress ?? '');
    const direct = { address: peer, proto: ctx.protocol, host: ctx.get('host') };
    if (trustedProxies.length === 0 || !isIP(peer) || !isTrusted(peer)) return direct;
    return {
      address: passedOn(words(ctx.get('x-forwarded-for')), peer, isTrusted),
      proto: words(ctx.get('x-forwarded-proto')).at(-1) === 'https' ? 'https' : direct.proto,
      host: words(ctx.get('x-forwarded-host')).at(-1) ?? direct.host,
    };
  };
}

/**
 * Each proxy adds whom it saw at the end: the last one that is no proxy of ours is the client, and what stands before it is hearsay, as is
 * all that stands before a word that is no address.
 */
function passedOn(words: readonly string[], peer: string, isTrusted: (address: string) => boolean): string {
  let seen = peer;
  for (const word of words.toReversed()) {
    const address = plainAddress(withoutPort(word));
    if (!isTrusted(seen) || !isIP(address)) return seen;
    seen = address;
  }
  return seen;
}

/** Some proxies write `192.0.2.1:4711`, `[2001:db8::1]:4711` or `[2001:db8::1]`. */
const withoutPort = (word: string): string => word.replace(/^(?:\[(.+)\]|([\d.]+))(?::\d+)?$/, '$1$2');

function blockListOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
    if (version === 0 || !(length <= bits))
      throw new Error(`"${entry}" is neither an IP address nor a network such as 10.0.0.0/8`);
    list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

const words = (header: string): string[] =>
  header
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
