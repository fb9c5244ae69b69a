import { BlockList, isIP } from 'node:net';
import type { Context } from 'koa';
import { plainAddress } from './plain-address.ts';

/**
 * The client of a request, as a trusted proxy or a vouched peer reports it. For other peers, as the connection shows
 * it.
 */
export interface Client {
  address: string;
  proto: string;
  host: string;
  /** Method of the request about which the peer asks. Undefined unless the peer is a trusted proxy or vouched for. */
  method: string | undefined;
}

/** `vouched`: the request itself proves that its peer may be believed. */
export type ClientReader = (ctx: Context, vouched?: boolean) => Client;

/**
 * Believes `X-Forwarded-*` only if the peer is vouched for or is a trusted proxy. Throws if an entry of
 * `trustedProxies` is neither an address nor a network such as `10.0.0.0/8`.
 */
export function createClientReader(trustedProxies: readonly string[]): ClientReader {
  const isTrusted = createTrust(trustedProxies);
  return (ctx, vouched = false) => {
    const peer = plainAddress(ctx.req.socket.remoteAddress ?? '');
    const direct = { address: peer, proto: ctx.protocol, host: ctx.get('host'), method: undefined };
    if (!isIP(peer) || !(vouched || isTrusted(peer))) return direct;
    return {
      address: clientAddress(entriesOf(ctx.get('x-forwarded-for')), peer, isTrusted),
      proto: entriesOf(ctx.get('x-forwarded-proto')).at(-1) === 'https' ? 'https' : direct.proto,
      host: entriesOf(ctx.get('x-forwarded-host')).at(-1) ?? direct.host,
      method: ctx.get('x-forwarded-method') || undefined,
    };
  };
}

/** Whether an address is that of a trusted proxy. Throws as `createClientReader` does. */
export function createTrust(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = blockListOf(trustedProxies);
  return (address) => {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && trusted.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  };
}

/**
 * Each proxy appends the address that it saw, so the last untrusted address is the client. The caller has already
 * checked that the peer is trusted. Entries further left may be forged and are ignored. An entry that is not an address
 * is ignored too, together with everything to its left. The package proxy-addr works in the same way, but it does not
 * strip ports and accepts any text as an address.
 */
function clientAddress(entries: readonly string[], peer: string, isTrusted: (address: string) => boolean): string {
  let client = peer;
  for (const entry of entries.toReversed()) {
    const address = plainAddress(withoutPort(entry));
    if (!isIP(address)) return client;
    client = address;
    if (!isTrusted(client)) return client;
  }
  return client;
}

/** Some proxies write `192.0.2.1:4711`, `[2001:db8::1]:4711` or `[2001:db8::1]`. */
const withoutPort = (entry: string): string => entry.replace(/^(?:\[(.+)\]|([\d.]+))(?::\d+)?$/, '$1$2');

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

const entriesOf = (header: string): string[] =>
  header
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
