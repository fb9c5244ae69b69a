import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const GIVE_UP_MS = 10_000;

export interface Sent {
  lost: number;
  answered: number;
  /** The number of answers that told the client to close its connection. */
  closing: number;
}

/**
 * Opens connections at an even pace for `forMs`, as a balancer does that has not learned yet that its target ends.
 * Sends one request on each.
 */
export async function balanceLate(url: string, path: string, { count = 200, forMs = 2_000 } = {}): Promise<Sent> {
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      await sleep((n * forMs) / count);
      return answerOf(url, path);
    }),
  );
  const answered = answers.filter((answer) => /^HTTP\/1\.1 \d{3} /.test(answer));
  return {
    lost: count - answered.length,
    answered: answered.length,
    closing: answered.filter((answer) => /^connection: close\r$/im.test(answer)).length,
  };
}

/** Everything received on a new connection; '' if it was refused or reset. */
function answerOf(url: string, path: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname);
    socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      // The connection stays open unless the server closes it.
      if (!/^connection: close\r$/im.test(text)) socket.end();
    });
    socket.on('error', () => {}).on('close', () => resolve(text));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
  });
}
