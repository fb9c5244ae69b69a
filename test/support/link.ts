import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createFlow, type Pace } from './link-flow.ts';

/**
 * What a way suffers from:
 * - `cut`: as if the server had been killed: its connections break, and new ones break at once;
 * - `silent`: as if it had stopped in the midst of its work: what is asked arrives and has its effect, and no answer comes back;
 * - `black-hole`: nothing arrives on either side, and nobody is told, not even of an end;
 * - `answers-lost`: what is asked arrives, and when the answer comes the connection breaks instead, as often as `share` says;
 * - `slow` and `sliced`: all arrives, late or in small pieces.
 */
export type Affliction =
  | { kind: 'cut' | 'silent' | 'black-hole' }
  | { kind: 'answers-lost'; share: number; random?: () => number }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'sliced'; pieceBytes: number };

export interface Link {
  /** Where the server is reached through this link, as `host:port`. */
  address: string;
  cut(): void;
  silence(): void;
  suffer(affliction: Affliction): void;
  /** Everything flows again, also the answers that were held back, to those who still wait. What a black hole has swallowed stays lost. */
  heal(): void;
  close(): void;
}

interface Pair {
  near: Socket;
  far: Socket;
  /** True once something was swallowed: what came after it would be out of place. */
  torn: boolean;
}

/** A way to a server that a test can spoil. `target` is `host:port`. */
export async function startLink(
  target: string,
  { answer = (bytes) => bytes }: { answer?(bytes: Buffer, port: number): Buffer } = {},
): Promise<Link> {
  const [host, targetPort] = target.split(':') as [string, string];
  const pairs = new Set<Pair>();
  let state: Affliction | { kind: 'whole' } = { kind: 'whole' };

  const swallows = (pair: Pair): boolean => {
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
    const [asked, answered] = [createFlow(far), createFlow(near)];
    near.on('data', (bytes) => swallows(pair) || asked.pass(bytes, paceOf(state)));
    far.on(
      'data',
      (bytes) => swallows(pair) || (losesAnswer() ? tear(pair) : answered.pass(answer(bytes, port), paceOf(state))),
    );
    if (state.kind === 'silent') far.pause();
    near.on('end', () => swallows(pair) || asked.end());
    far.on('end', () => swallows(pair) || answered.end());
    near.on('close', () => swallows(pair) || asked.close());
    far.on('close', () => swallows(pair) || answered.close());
    for (const socket of [near, far]) socket.on('close', () => near.destroyed && far.destroyed && pairs.delete(pair));
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, open);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const suffer = (affliction: Affliction) => {
    state = affliction;
    for (const pair of pairs) {
      if (state.kind === 'silent') pair.far.pause();
      else pair.far.resume();
      if (state.kind === 'cut') tear(pair);
    }
  };
  return {
    address: `127.0.0.1:${port}`,
    cut: () => suffer({ kind: 'cut' }),
    silence: () => suffer({ kind: 'silent' }),
    suffer,
    heal() {
      state = { kind: 'whole' };
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

/** A link to a Kafka broker, which tells its clients where it is: they are told that it is at this end. */
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

/** As it stands in the answers of the protocol: the length of the host, the host, the port. */
function addressOf(target: string): Buffer {
  const [host, port] = target.split(':') as [string, string];
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length);
  bytes.write(host, 2);
  bytes.writeInt32BE(Number(port), 2 + host.length);
  return bytes;
}
