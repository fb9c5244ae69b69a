import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';

/**
 * What PgBouncer does on the wire, as far as we depend on it: it logs clients in itself, refuses startup parameters
 * that it does not know, and lends server connections to clients, either until they disconnect or for one transaction.
 * It lends the connection that was returned last.
 */
export interface Pooler {
  /** The same database, through the pooler. */
  url: string;
  /** Names of the startup parameters that clients have sent. */
  parameters: ReadonlySet<string>;
  setMode(mode: PoolMode): void;
  /** Limits the server connections. A client beyond that waits at its first statement. */
  setSize(size: number): void;
  /** Limits the clients. A client beyond that is refused. */
  setClientsMax(clientsMax: number): void;
  /** Refuses new clients for a reason. */
  refuse(why: string): void;
  /** Resolves when the next client waits for a server connection. */
  waiting(): Promise<void>;
  close(): void;
}

export type PoolMode = 'session' | 'transaction';

interface Server {
  client: Client;
  socket: Socket;
}

const KNOWN_PARAMETERS = new Set([
  'user',
  'database',
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
  'application_name',
]);
const SSL_REQUEST = 80_877_103;
const TERMINATE = 'X';
const READY = 'Z';
const IDLE = 'I'.charCodeAt(0);

export async function startPooler(url: string, firstMode: PoolMode): Promise<Pooler> {
  const idle: Server[] = [];
  const all = new Set<Server>();
  const clients = new Set<Socket>();
  const parameters = new Set<string>();
  const events = new EventEmitter().setMaxListeners(0);
  let mode = firstMode;
  let size = Infinity;
  let clientsMax = Infinity;
  let opening = 0;
  let refusal: string | undefined;

  const lend = async (): Promise<Server> => {
    const free = idle.pop();
    if (free) return free;
    if (all.size + opening >= size) {
      events.emit('waiting');
      return once(events, 'freed').then(lend);
    }
    opening++;
    const server = await openServer().finally(() => opening--);
    all.add(server);
    return server;
  };

  const openServer = async (): Promise<Server> => {
    const client = new Client(url);
    client.on('error', () => {});
    await client.connect();
    const server = { client, socket: socketOf(client) };
    server.socket.removeAllListeners('data');
    return server;
  };

  /** A session may hold anything, so its server connection is not used again. */
  const discard = (server: Server): void => {
    server.socket.removeAllListeners('data');
    void server.client.end();
    all.delete(server);
    events.emit('freed');
  };

  const serve = (near: Socket): void => {
    let lent: Promise<Server> | undefined;
    const giveBack = (server: Server) => {
      server.socket.removeAllListeners('data');
      idle.push(server);
      lent = undefined;
      events.emit('freed');
    };
    const forward = async (message: Buffer) => {
      lent ??= lend().then((server) => {
        const answers = splitter((answer) => {
          near.write(answer);
          const isIdle = String.fromCharCode(answer[0]!) === READY && answer[5] === IDLE;
          if (isIdle && mode === 'transaction') giveBack(server);
        });
        server.socket.on('data', answers);
        return server;
      });
      (await lent).socket.write(message);
    };
    let ready = Promise.resolve();
    const onMessage = splitter((message) => {
      if (String.fromCharCode(message[0]!) !== TERMINATE) ready = ready.then(() => forward(message));
    });
    near.on('error', () => {});
    const why = refusal ?? (clients.size < clientsMax ? undefined : 'no more connections allowed (max_client_conn)');
    if (why !== undefined) return refuse(near, why);
    login(near, parameters, onMessage);
    near.on('close', () => {
      clients.delete(near);
      void lent?.then(discard);
    });
    clients.add(near);
  };

  const listener = createServer({ noDelay: true }, serve).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const through = new URL(url);
  through.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: through.href,
    parameters,
    setMode: (next) => void (mode = next),
    setSize: (next) => void (size = next),
    setClientsMax: (next) => void (clientsMax = next),
    refuse: (why) => void (refusal = why),
    waiting: async () => void (await once(events, 'waiting')),
    close() {
      listener.close();
      for (const near of clients) near.destroy();
      for (const { socket } of all) socket.destroy();
    },
  };
}

/** Logs a client in, then passes what it sends to `onBytes`. */
function login(near: Socket, seen: Set<string>, onBytes: (bytes: Buffer) => void): void {
  near.once('data', (packet: Buffer) => {
    if (packet.readInt32BE(4) === SSL_REQUEST) {
      near.write('N');
      return login(near, seen, onBytes);
    }
    const words = packet.subarray(8).toString().split('\0');
    const names = words.filter((word, n) => n % 2 === 0 && word !== '');
    for (const name of names) seen.add(name);
    const unknown = names.find((name) => !KNOWN_PARAMETERS.has(name));
    if (unknown !== undefined) return refuse(near, `unsupported startup parameter: ${unknown}`);
    near.on('data', onBytes);
    near.write(
      Buffer.concat([
        messageOf('R', '\0\0\0\0'),
        messageOf('S', 'server_version\x0018.0\0'),
        messageOf('K', '\0\0\0\x01\0\0\0\x01'),
        messageOf(READY, 'I'),
      ]),
    );
  });
}

function refuse(near: Socket, why: string): void {
  near.end(messageOf('E', `SFATAL\0VFATAL\0C08P01\0M${why}\0\0`));
}

function messageOf(type: string, content: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + Buffer.byteLength(content), 1);
  return Buffer.concat([head, Buffer.from(content)]);
}

/** Cuts a stream of bytes into messages of the protocol. */
function splitter(onMessage: (message: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const length = 1 + rest.readInt32BE(1);
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      onMessage(message);
    }
  };
}

const socketOf = (client: Client): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;
