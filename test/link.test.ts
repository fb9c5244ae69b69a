/** What a way to a server does to what goes over it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { eventually } from './support/eventually.ts';
import { startLink, type Link } from './support/link.ts';

/** Answers each byte that it gets with the same byte. */
const heard: Buffer[] = [];
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    heard.push(bytes);
    socket.write(bytes);
  });
});
const DELAY_MS = 60;
const sockets: Socket[] = [];
let link: Link;

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  link = await startLink(`127.0.0.1:${(server.address() as AddressInfo).port}`);
});
beforeEach(() => {
  link.heal();
  heard.length = 0;
});
after(() => {
  for (const socket of sockets) socket.destroy();
  link.close();
  server.close();
});

interface Client {
  socket: Socket;
  /** All that came back. */
  text(): string;
  isClosed(): boolean;
}

const open = (): Client => openAt(Number(link.address.split(':')[1]));
const openDirectly = (): Client => openAt((server.address() as AddressInfo).port);

function openAt(port: number): Client {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (bytes) => (text += bytes.toString()));
  return { socket, text: () => text, isClosed: () => socket.destroyed };
}

const heardText = () => Buffer.concat(heard).toString();
const echoed = async (client: Client, text: string) => {
  client.socket.write(text);
  await eventually(() => assert.ok(client.text().endsWith(text)));
};

test('what is cut breaks, and what comes breaks too', async () => {
  const client = open();
  await echoed(client, 'before');
  link.cut();
  await eventually(() => assert.ok(client.isClosed()));
  const another = open();
  await eventually(() => assert.ok(another.isClosed()));
  link.heal();
  await echoed(open(), 'after');
});

test('what is asked in silence arrives, and is answered afterwards', async () => {
  const client = open();
  await echoed(client, 'before');
  link.silence();
  client.socket.write('asked');
  await eventually(() => assert.equal(heardText(), 'beforeasked'));
  assert.equal(client.text(), 'before');
  link.heal();
  await eventually(() => assert.equal(client.text(), 'beforeasked'));
});

test('what falls into a black hole never arrives, nobody hears of it, and nothing goes on behind it', async () => {
  const [client, idle] = [open(), open()];
  await echoed(client, 'before');
  await echoed(idle, 'idle');
  link.suffer({ kind: 'black-hole' });
  const late = open();
  late.socket.write('late');
  client.socket.write('lost');
  await echoed(openDirectly(), 'elsewhere');
  assert.deepEqual([client.isClosed(), late.isClosed(), client.text()], [false, false, 'before']);
  link.heal();
  await eventually(() => assert.deepEqual([client.isClosed(), late.isClosed()], [true, true]));
  await echoed(idle, 'goes on');
  assert.ok(!/lost|late/.test(heardText()));
});

test('where an answer is lost the request has arrived', async () => {
  const client = open();
  link.suffer({ kind: 'answers-lost', share: 1 });
  client.socket.write('asked');
  await eventually(() => assert.ok(client.isClosed()));
  assert.deepEqual([heardText(), client.text()], ['asked', '']);
});

test('what is slow or sliced arrives whole and in order, and the end behind it', async () => {
  const whole = 'abcdefghij'.repeat(100);
  const client = open();
  link.suffer({ kind: 'sliced', pieceBytes: 7 });
  client.socket.write(whole);
  await eventually(() => assert.equal(client.text(), whole));
  assert.ok(heard.length > 1, 'in pieces');
  link.suffer({ kind: 'slow', delayMs: DELAY_MS });
  const beganMs = performance.now();
  await echoed(client, 'late');
  assert.ok(performance.now() - beganMs >= 2 * DELAY_MS, 'both ways');
  client.socket.end('last');
  await eventually(() => assert.ok(client.isClosed()));
  assert.equal(client.text(), `${whole}latelast`);
});
