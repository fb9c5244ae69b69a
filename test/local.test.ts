/** The laptop's stack, as far as it can be told without starting its servers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { installOnce } from '../local/cache.ts';
import { keepAlive } from '../local/keep-alive.ts';
import { lockFolder } from '../local/lock.ts';
import { choosePorts } from '../local/ports.ts';
import { requireJava } from '../local/prerequisites.ts';
import { identify, isAlive } from '../local/process-identity.ts';
import type { Exit, Server } from '../local/server.ts';

const WITHIN_MS = 60_000;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'order-saga-local-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('the stack on a laptop', { concurrency: true }, () => {
  it('leaves no process behind when its launcher is killed, not even one that ignores its signal', async () => {
    const launcher = spawn(process.execPath, [join(import.meta.dirname, 'support', 'launcher.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(launcher.stdout, 'data')) as [Buffer];
    const pids = line.toString().trim().split(' ').map(Number);
    const servers = (await Promise.all(pids.map(identify))).filter((server) => server !== undefined);
    assert.equal(servers.length, 2);

    launcher.kill('SIGKILL');

    await until(async () => (await Promise.all(servers.map(isAlive))).every((alive) => !alive));
  });

  it('names the port that is taken, who needs it and the variable that changes it', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const need = { who: 'Kafka', variable: 'KAFKA_PORT', asked: port };
    await assert.rejects(choosePorts(join(folder, 'taken.json'), { port: need }), {
      name: 'SetupError',
      message: new RegExp(`Port ${port} is taken, and Kafka needs it.* KAFKA_PORT`),
    });
    blocker.close();
  });

  it('takes the ports of the last start again', async () => {
    const file = join(folder, 'ports.json');
    const needs = { port: { who: 'Kafka', variable: 'KAFKA_PORT' }, other: { who: 'Kafka', variable: 'KAFKA_PORT' } };
    const first = await choosePorts(file, needs);
    assert.notEqual(first.port, first.other);
    assert.deepEqual(await choosePorts(file, needs), first);
  });

  it('says what to install when Java is missing, and the ways round it', async () => {
    await assert.rejects(requireJava({ PATH: folder }), {
      name: 'SetupError',
      message: /needs Java.*openjdk-17.*brew install openjdk.*KAFKA_BROKERS/s,
    });
  });

  it('says which Java is too old', async () => {
    const bin = join(folder, 'jdk', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'java'), '#!/bin/sh\necho \'java version "1.8.0_392"\' >&2\n');
    await chmod(join(bin, 'java'), 0o755);
    await assert.rejects(requireJava({ PATH: process.env['PATH'], JAVA_HOME: join(folder, 'jdk') }), {
      message: /needs Java 17, and ".*" is Java 8\./,
    });
  });

  it('leaves nothing half when a download breaks off', async () => {
    const parent = join(folder, 'broken');
    const install = async (unfinished: string) => {
      await writeFile(join(unfinished, 'half'), '');
      throw new Error('the line went dead');
    };
    await assert.rejects(installOnce({ name: 'thing-1', parent, install }), /the line went dead/);
    assert.deepEqual(await readdir(parent), []);
  });

  it('lets two install the same thing at once', async () => {
    const parent = join(folder, 'twice');
    const install = async (unfinished: string) => {
      await sleep(20);
      await writeFile(join(unfinished, 'whole'), 'all of it');
    };
    const folders = await Promise.all([1, 2].map(() => installOnce({ name: 'thing-1', parent, install })));
    assert.deepEqual(folders, [join(parent, 'thing-1'), join(parent, 'thing-1')]);
    assert.deepEqual(await readdir(parent), ['thing-1']);
    assert.equal(await readFile(join(parent, 'thing-1', 'whole'), 'utf8'), 'all of it');
  });

  it('refuses a folder on which a stack runs, and takes one whose stack has died', async () => {
    const data = join(folder, 'data');
    const unlock = await lockFolder(data);
    await assert.rejects(lockFolder(data), {
      name: 'SetupError',
      message: new RegExp(`already runs as process ${process.pid}`),
    });
    await unlock();

    // The number is in use, by a process that began at another time: ours is gone.
    await writeFile(join(data, 'lock'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
    await (
      await lockFolder(data)
    )();
    assert.equal(existsSync(join(data, 'lock')), false);
  });

  it('starts a server again when it dies, and gives up one that dies six times within a minute', async () => {
    let starts = 0;
    const notes: string[] = [];
    const givenUp = Promise.withResolvers<Error>();
    const start = async () => (starts++, shortLived());
    await keepAlive({
      start,
      signal: new AbortController().signal,
      onNote: (line) => notes.push(line),
      onGivenUp: givenUp.resolve,
    });
    assert.match(
      (await givenUp.promise).message,
      /fleeting ended 6 times within a minute: exit code 7; its log ends with:\nalas/,
    );
    assert.equal(starts, 6);
    assert.deepEqual(notes.slice(0, 2), ['fleeting ended (exit code 7) and is started again.', 'fleeting is back.']);
  });
});

function shortLived(): Server {
  const exit: Exit = { code: 7, signal: null, logTail: 'alas' };
  return { name: 'fleeting', pid: 0, logFile: '', exited: Promise.resolve(exit), stop: async () => {} };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `not so within ${WITHIN_MS} ms`);
    await sleep(50);
  }
}
