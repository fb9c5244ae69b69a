/** On every platform, packages and programs run only after they were compared with a hash in the repository. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { checkJars } from '../../local/servers/kafka/java.ts';
import { readPins } from '../../local/servers/pins.ts';
import { downloadOfficial } from '../../local/servers/temporal/download.ts';
import { verdictOn } from '../../tools/audit.ts';
import { faultsOf, type Lock } from '../../tools/lock.ts';

const ROOT = join(import.meta.dirname, '..', '..');
let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'order-saga-pins-'));
});
after(() => rm(dir, { recursive: true, force: true }));

test('the lock pins every package', async () => {
  assert.deepEqual(faultsOf(await ownLock()), []);
});

test('the check of the lock names a package without hash, from elsewhere, or missing on some platform', async () => {
  const faultsAfter = async (change: (packages: Lock['packages']) => void) => {
    const lock = await ownLock();
    change(lock.packages);
    return faultsOf(lock).join();
  };
  const native = 'node_modules/@swc/core-darwin-arm64';
  assert.match(await faultsAfter((packages) => delete packages[native]!.integrity), /core-darwin-arm64 has no sha512/);
  assert.match(
    await faultsAfter((packages) => delete packages[native]),
    /@swc\/core: its optional @swc\/core-darwin-arm64/,
  );
  const weak = await faultsAfter(
    (packages) => (packages['node_modules/koa']!.integrity = 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='),
  );
  assert.match(weak, /koa has no sha512/);
  const elsewhere = await faultsAfter(
    (packages) => (packages['node_modules/koa']!.resolved = 'git+ssh://host/koa.git'),
  );
  assert.match(elsewhere, /koa comes from git/);
});

test('each program of Temporal has a hash for each platform that PyPI has it for', async () => {
  const pins = await readPins(join(ROOT, 'local/servers/temporal/programs.sha256'));
  for (const file of ['temporal', 'temporal-test-server']) {
    const requirements = await readFile(join(ROOT, `local/servers/temporal/${file}.requirements.txt`), 'utf8');
    const version = /==(\S+)/.exec(requirements)![1];
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'])
      assert.match(pins.get(`${file}-${version}-${platform}`) ?? '', /^[0-9a-f]{64}$/, platform);
    assert.equal(requirements.match(/--hash=sha256:[0-9a-f]{64}/g)?.length, 4);
  }
});

test('an official download is used only if the program has the pinned hash', async (t) => {
  await writeFile(join(dir, 'temporal'), 'the program');
  await promisify(execFile)('tar', ['-czf', join(dir, 'temporal.tar.gz'), '-C', dir, 'temporal']);
  const archive = await readFile(join(dir, 'temporal.tar.gz'));
  let fileToExtract = 'temporal';
  const server = createServer((request, response) => {
    const archiveUrl = `${site}/temporal.tar.gz`;
    response.end(request.url === '/temporal.tar.gz' ? archive : JSON.stringify({ archiveUrl, fileToExtract }));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const path = join(dir, 'downloaded');
  const download = (sha256: string) =>
    downloadOfficial({ artifact: 'cli', version: '1.9.1', path, sha256, folder: dir, site });

  const pinned = createHash('sha256').update('the program').digest('hex');
  assert.equal(await download(pinned), true);
  assert.equal(await readFile(path, 'utf8'), 'the program');
  assert.equal(await download('0'.repeat(64)), false);
  assert.equal(existsSync(path), false);

  fileToExtract = `--to-command=touch ${join(dir, 'ran')}`;
  assert.equal(await download(pinned), false);
  assert.equal(existsSync(join(dir, 'ran')), false);
});

test('Kafka is installed only if its files are the pinned ones', async () => {
  const folder = await mkdtemp(join(dir, 'jars-'));
  await writeFile(join(folder, 'kafka.jar'), 'jar');
  const pins = new Map([['kafka.jar', createHash('sha256').update('jar').digest('hex')]]);
  await checkJars(folder, pins);
  await writeFile(join(folder, 'other.jar'), 'jar');
  await assert.rejects(checkJars(folder, pins), { name: 'SetupError', message: /other\.jar/ });
  await rm(join(folder, 'other.jar'));
  await writeFile(join(folder, 'kafka.jar'), 'changed');
  await assert.rejects(checkJars(folder, pins), { message: /kafka\.jar/ });
  await rm(join(folder, 'kafka.jar'));
  await assert.rejects(checkJars(folder, pins), { message: /kafka\.jar/ });
});

test('the audit fails on a serious vulnerability, and says so if the registry cannot be asked', () => {
  const vulnerable = { vulnerabilities: { koa: { severity: 'high' }, pg: { severity: 'moderate' } } };
  assert.deepEqual(verdictOn(JSON.stringify(vulnerable)), {
    code: 1,
    text: 'Vulnerable packages: koa (high). Run `npm audit`, then update them.',
  });
  assert.equal(verdictOn(JSON.stringify({ vulnerabilities: {} })).code, 0);
  assert.match(verdictOn('{"message":"405 Method Not Allowed"}').text, /not checked: 405 Method Not Allowed/);
  assert.deepEqual(verdictOn(''), { code: 0, text: 'Vulnerabilities were not checked: npm audit gave no report' });
});

const ownLock = async (): Promise<Lock> => JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
