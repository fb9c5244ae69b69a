/** Other users of the machine cannot read what the local stack writes. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTransport } from 'nodemailer';
import { cookieFile, dataFolder, hideFromOthers, keepFilesPrivate } from '../../local/launch/private.ts';
import { installOnce } from '../../local/servers/cache.ts';
import { startKafka } from '../../local/servers/kafka/kafka.ts';
import { startMail } from '../../local/servers/mail.ts';
import { removeRelocatedCluster } from '../../local/servers/postgres/cluster.ts';
import { asAdmin } from '../../local/servers/postgres/databases.ts';
import { startPostgres } from '../../local/servers/postgres/postgres.ts';
import { startTemporal } from '../../local/servers/temporal/temporal.ts';
import { startServer } from '../../local/supervise/server.ts';

let dir: string;
before(async () => {
  process.umask(0o022);
  dir = await mkdtemp(join(tmpdir(), 'order-saga-private-'));
  // The mode of a clone that other users may pass through.
  await chmod(dir, 0o711);
});
after(() => rm(dir, { recursive: true, force: true }));

test('a start hides what an earlier release left readable, except that others may pass through the folder', async () => {
  const data = join(dir, 'before');
  await mkdir(join(data, 'kafka', 'data'), { recursive: true });
  for (const file of ['cookies.txt', 'app.log', 'kafka/data/orders.log']) {
    await writeFile(join(data, file), 'private');
    await chmod(join(data, file), 0o664);
  }
  await chmod(join(data, 'kafka'), 0o777);
  assert.notDeepEqual(openTo(data), []);
  await hideFromOthers(data);
  assert.deepEqual([openTo(data), modeOf(data)], [[], 0o711]);
  assert.equal(await readFile(join(data, 'cookies.txt'), 'utf8'), 'private');
});

test('a folder that nobody may pass through stays so', async () => {
  const data = join(dir, 'closed');
  await mkdir(data, { mode: 0o700 });
  await hideFromOthers(data);
  assert.equal(modeOf(data), 0o700);
});

test('the file that curl writes its cookies to is private before curl writes it', async () => {
  const file = await cookieFile(dir);
  assert.deepEqual([modeOf(file), modeOf(join(file, '..'))], [0o600, 0o700]);
  await writeFile(file, 'session_id');
  assert.equal(await readFile(await cookieFile(dir), 'utf8'), 'session_id');
});

test('a server writes private files, whatever the umask of its launcher is', async () => {
  const written = join(dir, 'server', 'written');
  const server = await startServer({
    name: 'writer',
    dataDir: join(dir, 'server'),
    file: 'sh',
    args: ['-c', `mkdir ${written}; touch ${written}/file; exec sleep 600`],
    env: { PATH: process.env['PATH'] },
    stopSignal: 'SIGTERM',
    stopWithinMs: 5_000,
    startWithinMs: 30_000,
    probe: () => stat(join(written, 'file')),
  });
  await server.stop();
  assert.deepEqual([modeOf(written), modeOf(join(written, 'file'))], [0o700, 0o600]);
});

test('everything that the servers and their launcher write is private', async (t) => {
  const umask = process.umask();
  t.after(() => process.umask(umask));
  keepFilesPrivate();
  const data = join(dir, 'stack');
  await dataFolder(data);
  const [mail, ...others] = await Promise.all([
    startMail({ dataDir: join(data, 'mail') }),
    startPostgres({ dataDir: join(data, 'postgres') }),
    startKafka({ dataDir: join(data, 'kafka') }),
    startTemporal({ dataDir: join(data, 'temporal') }),
  ]);
  const transport = createTransport(mail.smtpUrl);
  await transport.sendMail({ from: 'shop@example.com', to: 'ada@example.com', subject: 'Order', text: 'Thanks.' });
  transport.close();
  await Promise.all([mail, ...others].map((server) => server.stop()));
  assert.deepEqual([openTo(data), modeOf(data)], [[], 0o711]);
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' });
  for (const kind of [
    /mails\/\w+\.eml$/,
    /temporal\.db$/,
    /kafka\/data\/.+\.log$/,
    /cluster\/PG_VERSION$/,
    /password$/,
  ])
    assert.ok(
      names.some((name) => kind.test(name)),
      String(kind),
    );
});

test('a start as root finds the Postgres data of an earlier release', { skip: process.getuid?.() !== 0 }, async () => {
  const data = join(dir, 'moved');
  await dataFolder(data);
  const options = { dataDir: join(data, 'postgres') };
  const first = await startPostgres(options);
  await asAdmin(first.adminUrl, (admin) => admin.query('create table kept ()'));
  await first.stop();
  await rename(join(data, 'postgres-cluster'), join(data, 'postgres', 'cluster'));
  await hideFromOthers(data);
  const later = await startPostgres(options);
  await asAdmin(later.adminUrl, (admin) => admin.query('select from kept'));
  await later.stop();
  assert.equal(existsSync(join(data, 'postgres', 'cluster')), false);
});

test(
  'a start as root finds the data of a time when nobody could reach it',
  { skip: process.getuid?.() !== 0 },
  async () => {
    const data = join(dir, 'reachable-later');
    await mkdir(data, { mode: 0o700 });
    const options = { dataDir: join(data, 'postgres') };
    const first = await startPostgres(options);
    await asAdmin(first.adminUrl, (admin) => admin.query('create table kept ()'));
    await first.stop();
    await dataFolder(data);
    const later = await startPostgres(options);
    try {
      await asAdmin(later.adminUrl, (admin) => admin.query('select from kept'));
    } finally {
      await later.stop();
      await removeRelocatedCluster(options.dataDir);
    }
  },
);

test('nothing is written to a guessable name in the folder for temporary files', async (t) => {
  const shared = join(dir, 'tmp');
  await mkdir(shared);
  await chmod(shared, 0o1777);
  const victim = join(dir, 'victim');
  await writeFile(victim, 'unchanged');
  for (const name of [`order-saga-${process.pid}.password`]) await symlink(victim, join(shared, name));
  const before = process.env['TMPDIR'];
  t.after(() => void (before === undefined ? delete process.env['TMPDIR'] : (process.env['TMPDIR'] = before)));
  process.env['TMPDIR'] = shared;
  const dataDir = join(dir, 'unreachable', 'postgres');
  await mkdir(join(dir, 'unreachable'), { mode: 0o700 });
  const postgres = await startPostgres({ dataDir, throwAway: true });
  const elsewhere = readdirSync(shared).filter((name) => name.startsWith('order-saga-postgres-'));
  assert.equal(elsewhere.length, process.getuid?.() === 0 ? 1 : 0);
  await postgres.stop();
  await removeRelocatedCluster(dataDir);
  assert.equal(await readFile(victim, 'utf8'), 'unchanged');
  assert.deepEqual(readdirSync(shared), [`order-saga-${process.pid}.password`]);
});

test('only the owner can put programs into the download cache', async (t) => {
  const before = process.env['XDG_CACHE_HOME'];
  t.after(
    () => void (before === undefined ? delete process.env['XDG_CACHE_HOME'] : (process.env['XDG_CACHE_HOME'] = before)),
  );
  process.env['XDG_CACHE_HOME'] = join(dir, 'cache');
  await mkdir(join(dir, 'cache', 'order-saga'), { recursive: true });
  await chmod(join(dir, 'cache', 'order-saga'), 0o777);
  await installOnce({ name: 'program-1', install: async () => {} });
  assert.equal(modeOf(join(dir, 'cache', 'order-saga')), 0o700);
});

const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

/**
 * Lists everything below a folder whose own mode lets another user read, change or pass through it. Ignores the folders
 * above.
 */
const openTo = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const { mode } = lstatSync(join(folder, name));
    return (mode & 0o170000) !== 0o120000 && (mode & 0o077) !== 0;
  });
