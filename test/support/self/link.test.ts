/** Each fault of a test link does what its name says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { startLink, type Link } from '../fakes/link.ts';

const received: Buffer[] = [];
const echoServer = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    received.push(bytes);
    socket.write(bytes);
  });
});
const DELAY_MS = 60;
const sockets: Socket[] = [];
let link: Link;

before(async () => {
  echoServer.listen(0, '127.0.0.1');
  await once(echoServer, 'listening');
  link = await startLink(`127.0.0.1:${(echoServer.address() as AddressInfo).port}`);
});
beforeEach(() => {
  link.heal();
  received.length = 0;
});
after(() => {
  for (const socket of sockets) socket.destroy();
  link.close();
  echoServer.close();
});

interface Client {
  socket: Socket;
  text(): string;
  isClosed(): boolean;
}

const open = (): Client => openAt(Number(link.address.split(':')[1]));
const openDirectly = (): Client => openAt((echoServer.address() as AddressInfo).port);

function openAt(port: number): Client {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (bytes) => (text += bytes.toString()));
  return { socket, text: () => text, isClosed: () => socket.destroyed };
}

const receivedText = () => Buffer.concat(received).toString();
const expectEcho = async (client: Client, text: string) => {
  client.socket.write(text);
  await eventually(() => assert.ok(client.text().endsWith(text)));
};

test('a cut breaks open connections and new ones', async () => {
  const client = open();
  await expectEcho(client, 'before');
  link.cut();
  await eventually(() => assert.ok(client.isClosed()));
  const another = open();
  await eventually(() => assert.ok(another.isClosed()));
  link.heal();
  await expectEcho(open(), 'after');
});

test('during silence requests arrive, and their answers follow afterwards', async () => {
  const client = open();
  await expectEcho(client, 'before');
  link.silence();
  client.socket.write('request');
  await eventually(() => assert.equal(receivedText(), 'beforerequest'));
  assert.equal(client.text(), 'before');
  link.heal();
  await eventually(() => assert.equal(client.text(), 'beforerequest'));
});

test('a black hole drops bytes without an error, and its connections break when it ends', async () => {
  const [client, idle] = [open(), open()];
  await expectEcho(client, 'before');
  await expectEcho(idle, 'idle');
  link.inject({ kind: 'black-hole' });
  const late = open();
  late.socket.write('late');
  client.socket.write('lost');
  await expectEcho(openDirectly(), 'elsewhere');
  assert.deepEqual([client.isClosed(), late.isClosed(), client.text()], [false, false, 'before']);
  link.heal();
  await eventually(() => assert.deepEqual([client.isClosed(), late.isClosed()], [true, true]));
  await expectEcho(idle, 'still open');
  assert.ok(!/lost|late/.test(receivedText()));
});

test('if an answer is lost, its request has arrived', async () => {
  const client = open();
  link.inject({ kind: 'answers-lost', share: 1 });
  client.socket.write('request');
  await eventually(() => assert.ok(client.isClosed()));
  assert.deepEqual([receivedText(), client.text()], ['request', '']);
});

test('slow or sliced bytes arrive complete and in order, followed by the end of the connection', async () => {
  const whole = 'abcdefghij'.repeat(100);
  const client = open();
  link.inject({ kind: 'sliced', pieceBytes: 7 });
  client.socket.write(whole);
  await eventually(() => assert.equal(client.text(), whole));
  assert.ok(received.length > 1, 'in pieces');
  link.inject({ kind: 'slow', delayMs: DELAY_MS });
  const startedMs = performance.now();
  await expectEcho(client, 'late');
  assert.ok(performance.now() - startedMs >= 2 * DELAY_MS, 'both ways');
  client.socket.end('last');
  await eventually(() => assert.ok(client.isClosed()));
  assert.equal(client.text(), `${whole}latelast`);
});
