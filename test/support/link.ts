import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Link {
  /** Where the server is reached through this link, as `host:port`. */
  address: string;
  /** As if the server had been killed: its connections break, and new ones break at once. */
  cut(): void;
  /** As if it had stopped in the midst of its work: what is asked arrives and has its effect, and no answer comes back. */
  silence(): void;
  /** Everything flows again, also the answers that were held back, to those who still wait. */
  heal(): void;
  close(): void;
}

/** A way to a server that a test can cut. `target` is `host:port`. */
export async function startLink(target: string, { answer = (bytes) => bytes }: { answer?(bytes: Buffer, port: number): Buffer } = {}): Promise<Link> {
  const [host, targetPort] = target.split(':') as [string, string];
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let state: 'whole' | 'cut' | 'silent' = 'whole';

  const server = createServer((near) => {
    near.on('error', () => {});
    if (state === 'cut') return void near.resetAndDestroy();
    const far = connect(Number(targetPort), host);
    const pair = { near, far };
    pairs.add(pair);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => near.write(answer(bytes, port)));
    if (state === 'silent') far.pause();
    far.on('error', () => {});
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.on('close', () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const breakAll = () => pairs.forEach(({ near, far }) => [near, far].forEach((socket) => socket.resetAndDestroy()));
  return {
    address: `127.0.0.1:${port}`,
    cut() {
      state = 'cut';
      breakAll();
    },
    silence() {
      state = 'silent';
      pairs.forEach(({ far }) => far.pause());
    },
    heal() {
      state = 'whole';
      pairs.forEach(({ far }) => far.resume());
    },
    close() {
      server.close();
      breakAll();
    },
  };
}

/** A link to a Kafka broker, which tells its clients where it is: they are told that it is at this end. */
export function startKafkaLink(target: string): Promise<Link> {
  const advertised = addressOf(target);
  return startLink(target, {
    answer(bytes, port) {
      for (let at = bytes.indexOf(advertised); at !== -1; at = bytes.indexOf(advertised, at + 1)) bytes.writeInt32BE(port, at + advertised.length - 4);
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
