import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** How bytes get on: at once, each so much later, or in so small pieces. */
export interface Pace {
  delayMs?: number;
  pieceBytes?: number;
}

export interface Flow {
  /** Hands bytes on, behind all that were handed on before. */
  pass(bytes: Buffer, pace: Pace): void;
  /** Says that nothing more comes, once all that was handed on is on its way. */
  end(): void;
  /** The same, and wants no answer any more. */
  close(): void;
}

/** However small the pieces are to be, a long message is not made of more than so many. */
const PIECES_MAX = 64;

/** One direction of a connection. The order of bytes is kept, however their pace changes. */
export function createFlow(to: Socket): Flow {
  let waiting = 0;
  let last = Promise.resolve();
  return {
    pass(bytes, { delayMs = 0, pieceBytes = Infinity }) {
      if (waiting === 0 && delayMs === 0 && pieceBytes === Infinity) return void to.write(bytes);
      waiting++;
      const dueMs = performance.now() + delayMs;
      last = last
        .then(() => sleep(Math.max(0, dueMs - performance.now())))
        .then(() => writePieces(to, bytes, Math.max(pieceBytes, Math.ceil(bytes.length / PIECES_MAX))))
        .finally(() => waiting--);
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
