/** A web page in the browser of the developer can neither read nor change anything through a port of `npm start`. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTransport } from 'nodemailer';
import { startMail, type MailServer } from '../../local/servers/mail.ts';
import { NO_BROWSER_PORTS } from '../../local/servers/no-browser-ports.ts';
import { basic } from '../../local/servers/page-guard.ts';
import { startTemporal, type TemporalServer } from '../../local/servers/temporal/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { asPages, attempt, listeningPorts, type Attempt } from '../support/local/pages.ts';
import { mailsIn } from '../support/shop/inbox.ts';
import { env } from '../support/temporal/server.ts';

const WORKFLOW = JSON.stringify({ workflowType: { name: 'order' }, taskQueue: { name: 'orders' } });
const WORKFLOWS = '/api/v1/namespaces/default/workflows';
const startOrder: Attempt = {
  method: 'POST',
  path: `${WORKFLOWS}/order-by-a-page`,
  headers: { 'content-type': 'text/plain' },
  body: WORKFLOW,
};
let dir: string;
let temporal: TemporalServer;
let mail: MailServer;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'order-saga-pages-'));
  [temporal, mail] = await Promise.all([
    startTemporal({ dataDir: join(dir, 'temporal'), inMemory: true }),
    startMail({ dataDir: join(dir, 'mail') }),
  ]);
});

after(async () => {
  await Promise.all([temporal?.stop(), mail?.stop()]);
  await rm(dir, { recursive: true, force: true });
});

test(
  'browsers cannot reach a port of Temporal that answers HTTP requests',
  { skip: process.platform !== 'linux' },
  async () => {
    const ports = listeningPorts(temporal.pid);
    assert.ok(ports.includes(temporal.port), ports.join());
    for (const port of ports.filter((each) => !NO_BROWSER_PORTS.includes(each)))
      for (const request of [startOrder, { path: WORKFLOWS }, { path: '/metrics' }])
        assert.equal((await attempt(port, request)).status, 0, `port ${port} answers ${request.path}`);
  },
);

test('the HTTP API of Temporal serves no host', { skip: process.platform !== 'linux' }, async () => {
  const answers = await Promise.all(listeningPorts(temporal.pid).map((port) => attempt(port, { path: WORKFLOWS })));
  const notAllowed = answers.filter(({ status, body }) => status === 403 && body.includes('Host not allowed'));
  assert.equal(notAllowed.length, 1);
});

test('the Temporal Web UI refuses requests of other pages and after DNS rebinding', async () => {
  for (const request of [{ path: '/' }, { path: WORKFLOWS }, startOrder])
    for (const page of asPages(temporal.uiPort, request)) {
      const { status, body, headers } = await attempt(temporal.uiPort, page);
      assert.equal(status, 403, JSON.stringify([page, body]));
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  const listed = await attempt(temporal.uiPort, { path: WORKFLOWS });
  assert.deepEqual([listed.status, JSON.parse(listed.body)], [200, {}]);
});

test('the pages of the Temporal Web UI can use it', async () => {
  const page = await attempt(temporal.uiPort, { path: '/', headers: { 'sec-fetch-site': 'none' } });
  assert.equal(page.status, 200);
  const cookie = page.headers['set-cookie']![0]!.split(';')[0]!;
  for (const host of [`127.0.0.1:${temporal.uiPort}`, `localhost:${temporal.uiPort}`]) {
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin', cookie };
    const headers = { ...own, 'x-csrf-token': cookie.split('=')[1]!, 'content-type': 'application/json' };
    const path = `${WORKFLOWS}/by-${host.split(':')[0]}`;
    const started = await attempt(temporal.uiPort, { method: 'POST', path, headers, body: WORKFLOW });
    assert.equal(started.status, 200, started.body);
  }
});

test('other pages can neither read nor delete mails, not even with the password', async () => {
  await deliver('kept@example.com');
  await eventually(async () => assert.equal((await mailsIn(mail.inboxUrl)).length, 1));
  const authorization = basic('inbox', mail.password);
  const requests: Attempt[] = [
    { path: '/' },
    { path: '/api/email' },
    { path: '/api/reloadMailsFromDirectory' },
    { path: '/socket.io/?EIO=4&transport=polling' },
    { path: '/socket.io/?EIO=4&transport=websocket', headers: webSocket },
    { method: 'DELETE', path: '/api/email/all' },
    { method: 'OPTIONS', path: '/api/email/all', headers: { 'access-control-request-method': 'DELETE' } },
    { method: 'POST', path: '/api/email/delete', headers: { 'content-type': 'text/plain' }, body: '{"ids":["a"]}' },
  ];
  for (const request of requests) {
    assert.equal((await attempt(mail.webPort, request)).status, 401, request.path);
    const known = { ...request, headers: { ...request.headers, authorization } };
    for (const page of [request, known].flatMap((each) => asPages(mail.webPort, each))) {
      const { status, headers } = await attempt(mail.webPort, page);
      assert.deepEqual([status, headers['access-control-allow-origin']], [403, undefined], JSON.stringify(page));
    }
  }
  assert.equal((await mailsIn(mail.inboxUrl)).length, 1);
});

test('the inbox opens with its password, and only with that', async () => {
  const statusWith = async (authorization: string, path: string) =>
    (await attempt(mail.webPort, { path, headers: { accept: 'text/html', authorization } })).status;
  for (const path of ['/', '/api/email', '/socket.io/?EIO=4&transport=polling'])
    assert.deepEqual(
      [await statusWith(basic('inbox', mail.password), path), await statusWith(basic('inbox', 'guessed'), path)],
      [200, 401],
    );
  const own = { origin: mail.webUrl, 'sec-fetch-site': 'same-origin', authorization: basic('inbox', mail.password) };
  const socket = { path: '/socket.io/?EIO=4&transport=websocket', headers: { ...webSocket, ...own } };
  assert.equal((await attempt(mail.webPort, socket)).status, 101);
});

test('a later start keeps the password of the inbox, which is in no command line', async () => {
  const again = await startMail({ dataDir: join(dir, 'mail-of-before') });
  await again.stop();
  const later = await startMail({ dataDir: join(dir, 'mail-of-before') });
  await later.stop();
  assert.equal(later.password, again.password);
  assert.notEqual(mail.password, again.password);
});

test('the SMTP port takes no mail from the body of a request', async () => {
  const body = `\r\nHELO page\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n`;
  for (const method of ['GET', 'POST']) {
    const headers = { 'content-type': 'text/plain', 'content-length': String(body.length) };
    assert.equal((await attempt(mail.smtpPort, { method, headers, body })).status, 0);
  }
  await deliver('after-the-page@example.com');
  await eventually(async () => {
    const recipients = (await mailsIn(mail.inboxUrl)).flatMap(({ to }) => to.map(({ address }) => address));
    assert.ok(recipients.includes('after-the-page@example.com'));
    assert.ok(!recipients.includes('b@example.com'));
  });
});

test('Kafka and Postgres drop HTTP requests', async () => {
  const ports = [env('KAFKA_BROKERS').split(':')[1], new URL(env('TEST_POSTGRES_URL')).port].map(Number);
  for (const port of ports)
    for (const request of [{ path: '/' }, startOrder])
      assert.deepEqual((await attempt(port, request)).status, 0, `port ${port}`);
});

const webSocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

async function deliver(to: string): Promise<void> {
  const transport = createTransport(mail.smtpUrl);
  await transport.sendMail({ from: 'shop@example.com', to, subject: 'Order', text: 'Thanks.' });
  transport.close();
}
