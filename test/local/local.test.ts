/** Tests the local stack's processes, ports, Java check, downloads, lock and restarts without its servers. */
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
import { installOnce } from '../../local/servers/cache.ts';
import { choosePorts } from '../../local/servers/ports.ts';
import { requireJava } from '../../local/servers/prerequisites.ts';
import { keepAlive } from '../../local/supervise/keep-alive.ts';
import { lockFolder } from '../../local/supervise/lock.ts';
import { identify, isAlive } from '../../local/supervise/process-identity.ts';
import type { Exit, Server } from '../../local/supervise/server.ts';

const WITHIN_MS = 60_000;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'order-saga-local-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('the local stack', { concurrency: true }, () => {
  it('leaves no process running when its launcher is killed, not even one that ignores signals', async () => {
    const launcher = spawn(process.execPath, [join(import.meta.dirname, '..', 'support', 'local', 'launcher.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(launcher.stdout, 'data')) as [Buffer];
    const pids = line.toString().trim().split(' ').map(Number);
    const servers = (await Promise.all(pids.map(identify))).filter((server) => server !== undefined);
    assert.equal(servers.length, 2);

    launcher.kill('SIGKILL');

    await until(async () => (await Promise.all(servers.map(isAlive))).every((alive) => !alive));
  });

  it('names a port in use, the server that needs it and the variable that changes it', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const need = { owner: 'Kafka', variable: 'KAFKA_PORT', fixed: port };
    await assert.rejects(choosePorts(join(folder, 'taken.json'), { port: need }), {
      name: 'SetupError',
      message: new RegExp(`Port ${port} is in use, and Kafka needs it.* KAFKA_PORT`),
    });
    blocker.close();
  });

  it('reuses the ports of the last start', async () => {
    const file = join(folder, 'ports.json');
    const needs = {
      port: { owner: 'Kafka', variable: 'KAFKA_PORT' },
      other: { owner: 'Kafka', variable: 'KAFKA_PORT' },
    };
    const first = await choosePorts(file, needs);
    assert.notEqual(first.port, first.other);
    assert.deepEqual(await choosePorts(file, needs), first);
  });

  it('says what to install if Java is missing, and the alternatives', async () => {
    await assert.rejects(requireJava({ PATH: folder }), {
      name: 'SetupError',
      message: /needs Java.*openjdk-17.*brew install openjdk.*KAFKA_BROKERS/s,
    });
  });

  it('names a Java that is too old', async () => {
    const bin = join(folder, 'jdk', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'java'), '#!/bin/sh\necho \'java version "1.8.0_392"\' >&2\n');
    await chmod(join(bin, 'java'), 0o755);
    await assert.rejects(requireJava({ PATH: process.env['PATH'], JAVA_HOME: join(folder, 'jdk') }), {
      message: /needs Java 17, but ".*" is Java 8\./,
    });
  });

  it('leaves no partial files when a download fails', async () => {
    const parent = join(folder, 'broken');
    const install = async (unfinished: string) => {
      await writeFile(join(unfinished, 'partial'), '');
      throw new Error('the connection was lost');
    };
    await assert.rejects(installOnce({ name: 'thing-1', parent, install }), /the connection was lost/);
    assert.deepEqual(await readdir(parent), []);
  });

  it('allows two processes to install the same program at once', async () => {
    const parent = join(folder, 'twice');
    const install = async (unfinished: string) => {
      await sleep(20);
      await writeFile(join(unfinished, 'complete'), 'all of it');
    };
    const folders = await Promise.all([1, 2].map(() => installOnce({ name: 'thing-1', parent, install })));
    assert.deepEqual(folders, [join(parent, 'thing-1'), join(parent, 'thing-1')]);
    assert.deepEqual(await readdir(parent), ['thing-1']);
    assert.equal(await readFile(join(parent, 'thing-1', 'complete'), 'utf8'), 'all of it');
  });

  it('refuses the data folder of a running stack and accepts that of a stack that has died', async () => {
    const data = join(folder, 'data');
    const unlock = await lockFolder(data);
    await assert.rejects(lockFolder(data), {
      name: 'SetupError',
      message: new RegExp(`already runs on the data in .*, as process ${process.pid}`),
    });
    await unlock();

    // A process with this id runs, but it did not start at the time in the lock: the lock's owner has died.
    await writeFile(join(data, 'lock'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
    await (
      await lockFolder(data)
    )();
    assert.equal(existsSync(join(data, 'lock')), false);
  });

  it('restarts a server that dies, and stops restarting after it has died six times within a minute', async () => {
    let starts = 0;
    const notes: string[] = [];
    const failure = Promise.withResolvers<Error>();
    const start = async () => (starts++, shortLived());
    await keepAlive({
      start,
      signal: new AbortController().signal,
      onNote: (line) => notes.push(line),
      onFailure: failure.resolve,
    });
    assert.match(
      (await failure.promise).message,
      /fleeting ended 6 times within a minute: exit code 7; its log ends with:\nalas/,
    );
    assert.equal(starts, 6);
    assert.deepEqual(notes.slice(0, 2), [
      'fleeting ended (exit code 7) and is being restarted.',
      'fleeting is running again.',
    ]);
  });

  it('also stops a server that was being restarted when it was told to stop', async () => {
    const abort = new AbortController();
    const [restarting, started] = [Promise.withResolvers<void>(), Promise.withResolvers<Server>()];
    const replacement = running();
    const start = async (died?: Server) => {
      if (!died) return shortLived();
      restarting.resolve();
      return started.promise;
    };
    const kept = await keepAlive({ start, signal: abort.signal, onNote() {}, onFailure() {} });
    await restarting.promise;
    abort.abort();
    const stopped = kept.stop();
    started.resolve(replacement);
    await stopped;
    assert.deepEqual(await replacement.exited, { code: 0, signal: null, logTail: '' });
  });
});

function running(): Server {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>();
  const stop = async () => resolve({ code: 0, signal: null, logTail: '' });
  return { name: 'replacement', pid: 0, logFile: '', exited, stop };
}

function shortLived(): Server {
  const exit: Exit = { code: 7, signal: null, logTail: 'alas' };
  return { name: 'fleeting', pid: 0, logFile: '', exited: Promise.resolve(exit), stop: async () => {} };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `the condition does not hold after ${WITHIN_MS} ms`);
    await sleep(50);
  }
}
