import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

export interface Pace {
  delayMs?: number;
  pieceBytes?: number;
}

export interface Flow {
  /** Forwards bytes after all earlier ones. */
  pass(bytes: Buffer, pace: Pace): void;
  end(): void;
  /** Destroys the target socket after all bytes are forwarded. */
  close(): void;
}

/** A long message is split into at most this many pieces. */
const PIECES_MAX = 64;

/** One direction of a connection. Keeps the order of bytes even if the pace changes. */
export function createFlow(to: Socket): Flow {
  let queued = 0;
  let last = Promise.resolve();
  return {
    pass(bytes, { delayMs = 0, pieceBytes = Infinity }) {
      if (queued === 0 && delayMs === 0 && pieceBytes === Infinity) return void to.write(bytes);
      queued++;
      const dueMs = performance.now() + delayMs;
      last = last
        .then(() => sleep(Math.max(0, dueMs - performance.now())))
        .then(() => writePieces(to, bytes, Math.max(pieceBytes, Math.ceil(bytes.length / PIECES_MAX))))
        .finally(() => queued--);
    },
    end: () => void last.then(() => to.end()),
    close: () => void last.then(() => to.destroySoon()),
  };
}

async function writePieces(to: Socket, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length && !to.destroyed; at += size) {
    to.write(bytes.subarray(at, at + size));
    await nextTurn();
  }
}
