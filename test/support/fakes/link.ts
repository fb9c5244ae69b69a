import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createFlow, type Pace } from './link-flow.ts';

/**
 * The faults of a connection:
 * - `cut`: as if the server was killed: connections break, and new ones break at once;
 * - `silent`: requests arrive and take effect, but no answer returns;
 * - `black-hole`: nothing arrives on either side, not even the end of a connection;
 * - `answers-lost`: requests arrive, but a `share` of the answers breaks the connection instead;
 * - `slow` and `sliced`: everything arrives, late or in small pieces.
 */
export type LinkFault =
  | { kind: 'cut' | 'silent' | 'black-hole' }
  | { kind: 'answers-lost'; share: number; random?: () => number }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'sliced'; pieceBytes: number };

export interface Link {
  /** The `host:port` under which the link forwards to the server. */
  address: string;
  cut(): void;
  silence(): void;
  inject(fault: LinkFault): void;
  /** Removes the fault and delivers delayed answers. Connections that lost bytes in a black hole break. */
  heal(): void;
  close(): void;
}

interface Pair {
  near: Socket;
  far: Socket;
  /** True once bytes were dropped. From then on all bytes are dropped, since later ones would arrive after a gap. */
  torn: boolean;
}

/** Starts a TCP proxy to `target` (`host:port`) into which a test can inject faults. */
export async function startLink(
  target: string,
  { answer = (bytes) => bytes }: { answer?(bytes: Buffer, port: number): Buffer } = {},
): Promise<Link> {
  const [host, targetPort] = target.split(':') as [string, string];
  const pairs = new Set<Pair>();
  let state: LinkFault | { kind: 'healthy' } = { kind: 'healthy' };

  const drops = (pair: Pair): boolean => {
    if (state.kind === 'black-hole') pair.torn = true;
    return pair.torn;
  };
  const losesAnswer = () => state.kind === 'answers-lost' && (state.random ?? Math.random)() < state.share;
  const open = (near: Socket): void => {
    near.on('error', () => {});
    if (state.kind === 'cut') return void near.resetAndDestroy();
    const far = connect({ port: Number(targetPort), host, noDelay: true, allowHalfOpen: true });
    far.on('error', () => {});
    const pair = { near, far, torn: false };
    pairs.add(pair);
    const [requests, answers] = [createFlow(far), createFlow(near)];
    near.on('data', (bytes) => drops(pair) || requests.pass(bytes, paceOf(state)));
    far.on(
      'data',
      (bytes) => drops(pair) || (losesAnswer() ? tear(pair) : answers.pass(answer(bytes, port), paceOf(state))),
    );
    if (state.kind === 'silent') far.pause();
    near.on('end', () => drops(pair) || requests.end());
    far.on('end', () => drops(pair) || answers.end());
    near.on('close', () => drops(pair) || requests.close());
    far.on('close', () => drops(pair) || answers.close());
    for (const socket of [near, far]) socket.on('close', () => near.destroyed && far.destroyed && pairs.delete(pair));
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, open);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const inject = (fault: LinkFault) => {
    state = fault;
    for (const pair of pairs) {
      if (state.kind === 'silent') pair.far.pause();
      else pair.far.resume();
      if (state.kind === 'cut') tear(pair);
    }
  };
  return {
    address: `127.0.0.1:${port}`,
    cut: () => inject({ kind: 'cut' }),
    silence: () => inject({ kind: 'silent' }),
    inject,
    heal() {
      state = { kind: 'healthy' };
      for (const pair of pairs) {
        if (pair.torn) tear(pair);
        else pair.far.resume();
      }
    },
    close() {
      server.close();
      pairs.forEach(tear);
    },
  };
}

const paceOf = (state: { kind: string }): Pace => state as Pace;

function tear({ near, far }: Pair): void {
  for (const socket of [near, far]) socket.resetAndDestroy();
}

/** Like `startLink`, but replaces the address that the Kafka broker advertises. */
export function startKafkaLink(target: string): Promise<Link> {
  const advertised = addressOf(target);
  return startLink(target, {
    answer(bytes, port) {
      for (let at = bytes.indexOf(advertised); at !== -1; at = bytes.indexOf(advertised, at + 1))
        bytes.writeInt32BE(port, at + advertised.length - 4);
      return bytes;
    },
  });
}

/** An address in the Kafka protocol: the length of the host, the host, the port. */
function addressOf(target: string): Buffer {
  const [host, port] = target.split(':') as [string, string];
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length);
  bytes.write(host, 2);
  bytes.writeInt32BE(Number(port), 2 + host.length);
  return bytes;
}
