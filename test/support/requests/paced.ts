import { setTimeout as sleep } from 'node:timers/promises';

/** Sends `times` requests, one every `everyMs`, without waiting for earlier answers. Returns all answers. */
export async function paced<T>(everyMs: number, times: number, request: (n: number) => Promise<T>): Promise<T[]> {
  const answers: Promise<T>[] = [];
  for (let n = 0; n < times; n++) {
    answers.push(request(n));
    await sleep(everyMs);
  }
  return Promise.all(answers);
}

/** Sends one request after the other until `stop` settles. Returns the answers and how long the slowest one took. */
export async function steady<T>(stop: Promise<unknown>, request: (n: number) => Promise<T>) {
  let stopped = false;
  const stopping = stop.finally(() => (stopped = true));
  const answers: T[] = [];
  let slowestMs = 0;
  for (let n = 0; !stopped; n++) {
    const startedMs = performance.now();
    answers.push(await request(n));
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  }
  await stopping;
  return { answers, slowestMs };
}
