/** Too many connections: those that are idle make room for new ones. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import Koa from 'koa';
import { createTrust } from '../../../lib/http/forwarded.ts';
import { listen, type Bounds } from '../../../lib/http/listen.ts';
import { networkOf } from '../../../lib/http/network.ts';
import { eventually } from '../../support/eventually.ts';

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
/** More than the kernel takes of a response that its client does not read. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'a');

async function start(t: TestContext, bounds: Partial<Bounds>, host = '127.0.0.1') {
  const released = Promise.withResolvers<void>();
  let begun = 0;
  let waiting = 0;
  const app = new Koa().use(async (ctx) => {
    begun++;
    if (ctx.path === '/slow') {
      waiting++;
      await released.promise;
    }
    if (ctx.method === 'POST') for await (const _chunk of ctx.req);
    ctx.body = ctx.path === '/large' ? LARGE : 'done';
  });
  app.silent = true;
  const listener = await listen(app, { host, port: 0 }, bounds);
  const sockets: Socket[] = [];
  t.after(async () => {
    released.resolve();
    for (const socket of sockets) socket.destroy();
    await listener.close();
  });
  /** Connects from a loopback address, and sends the bytes. */
  const open = async (bytes = '', localAddress = '127.0.0.1'): Promise<Socket> => {
    const socket = connect({ port: listener.port, host: localAddress, localAddress }).on('error', () => {});
    sockets.push(socket.resume());
    await once(socket, 'connect');
    if (bytes) socket.write(bytes);
    return socket;
  };
  return {
    open,
    release: released.resolve,
    begun: (requests: number) => eventually(() => assert.equal(begun, requests)),
    async openSlow(localAddress?: string): Promise<Socket> {
      const before = waiting;
      const socket = await open(REQUEST.replace('/', '/slow'), localAddress);
      await eventually(() => assert.equal(waiting, before + 1));
      return socket;
    },
  };
}

/** Resolves when the connection has answered a request. */
async function answered(socket: Socket): Promise<void> {
  socket.write(REQUEST);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  assert.match(bytes.toString(), /^HTTP\/1\.1 200 /);
}

const received = async (socket: Socket): Promise<void> => void (socket.bytesRead || (await once(socket, 'data')));
const closed = async (socket: Socket): Promise<void> => void (socket.closed || (await once(socket, 'close')));

for (const [what, bytes] of [
  ['has sent nothing', ''],
  ['has sent half a request', 'GET / HTTP/1.1\r\nhost: '],
  ['has sent half a request line', 'GE'],
  ['is kept after its response', REQUEST],
] as const) {
  test(`beyond the bound, the connection that ${what} and has been idle longest ends, and the new one works`, async (t) => {
    const { open } = await start(t, { connectionsMax: 3 });
    const held = [await open(bytes), await open(bytes), await open(bytes)];
    if (bytes === REQUEST) await Promise.all(held.map(received));
    const newest = await open();
    await closed(held[0]!);
    await answered(newest);
    assert.deepEqual(
      held.map((socket) => socket.closed),
      [true, false, false],
    );
  });
}

test('a connection that has just been used is not the one that has been idle longest', async (t) => {
  const { open } = await start(t, { connectionsMax: 2 });
  const used = await open();
  const unused = await open();
  await answered(used);
  await answered(await open());
  await closed(unused);
  await answered(used);
});

test('sending headers slowly does not make a connection younger', async (t) => {
  const { open } = await start(t, { connectionsMax: 2 });
  const slow = await open('GET / HTTP/1.1\r\n');
  const other = await open();
  slow.write('x-more: 1\r\n');
  await answered(other);
  await answered(await open());
  await closed(slow);
  assert.equal(other.closed, false);
});

test('a connection with a request under way stays, and only if the server works for all others the new one ends', async (t) => {
  const { open, openSlow, release } = await start(t, { connectionsMax: 2 });
  const busy = [await openSlow(), await openSlow()];
  const refused = await open();
  await closed(refused);
  release();
  await Promise.all(busy.map(received));
  await answered(await open());
  await closed(busy[0]!);
  await answered(busy[1]!);
});

for (const [what, bytes] of [
  ['sends no more of a body', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nab'],
  ['does not read a response', 'GET /large HTTP/1.1\r\nhost: a\r\n\r\n'],
] as const) {
  test(`if none is idle, the oldest connection ends whose client ${what}, and the new one works`, async (t) => {
    const { open, openSlow, begun } = await start(t, { connectionsMax: 3 });
    const busy = await openSlow();
    const held = [await open(bytes), await open(bytes)];
    for (const socket of held) socket.pause();
    await begun(3);
    const newest = await open();
    await answered(newest);
    await closed(held[0]!.resume());
    assert.deepEqual([busy.closed, held[1]!.closed], [false, false]);
  });
}

test('5,000 connections of one address that send nothing or half a request lock no other address out', async (t) => {
  const { open, openSlow } = await start(t, { connectionsPerAddressMax: 20 }, '0.0.0.0');
  const buyer = await openSlow('127.0.0.2');
  const idle = await open('', '127.0.0.2');
  const held: Socket[] = [];
  for (let n = 0; n < 5_000; n++) held.push(await open(n % 2 ? 'GET / HTTP/1.1\r\nhost:' : ''));
  await eventually(() => assert.equal(held.filter((socket) => !socket.closed).length, 20));
  // Neither the buyer's connections nor the newest of the other address have ended.
  assert.deepEqual([buyer.closed, idle.closed], [false, false]);
  assert.ok(held.slice(-20).every((socket) => !socket.closed));
  await answered(await open('', '127.0.0.2'));
  await answered(await open());
});

test('an address with the most requests under way that it may have locks only itself out', async (t) => {
  const { open, openSlow } = await start(t, { connectionsPerAddressMax: 2 }, '0.0.0.0');
  await openSlow();
  await openSlow();
  await closed(await open());
  await answered(await open('', '127.0.0.2'));
});

test('the bound for one address does not apply to trusted proxies', async (t) => {
  const isShared = createTrust(['127.0.0.0/31']);
  const { open } = await start(t, { connectionsPerAddressMax: 1, isShared }, '0.0.0.0');
  const proxy = [await open(), await open(), await open()];
  for (const socket of proxy) await answered(socket);
  const client = await open('', '127.0.0.2');
  await answered(await open('', '127.0.0.2'));
  await closed(client);
});

test('the addresses of an IPv6 network count as one, and IPv4 addresses singly', () => {
  for (const [address, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:db8:0:1:ffff::2', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ] as const)
    assert.equal(networkOf(address), network);
});
