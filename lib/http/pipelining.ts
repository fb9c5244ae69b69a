import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Traffic } from './traffic.ts';

/** Maximum number of requests under way on one connection. Later ones stay unparsed. Browsers send one at a time. */
const REQUESTS_MAX = 4;
/** Ends a request without a body, and ends the headers of a request with one. */
const HEAD_END = '\r\n\r\n';
/** Minimum length of a piece for the parser, so parsing thousands of empty lines costs little. */
const PIECE_BYTES_MIN = 128;

/**
 * Limits the memory that one connection can take if its client sends requests but reads no responses. Node parses all
 * bytes that it has read, up to 64 KiB, at once. These may be three thousand requests, and Node starts all of them
 * before the first is answered. So this function passes the bytes to Node's parser request by request, and reads no
 * more while enough requests are under way.
 */
export function boundPipelining(server: Server, traffic: Traffic): void {
  const throttles = new WeakMap<Socket, Throttle>();
  server.on('connection', (socket) => throttles.set(socket, createThrottle(socket, traffic)));
  traffic.onEnd((_response, socket) => throttles.get(socket)?.release());
}

interface Throttle {
  /** A request has ended. */
  release(): void;
}

function createThrottle(socket: Socket, traffic: Traffic): Throttle {
  const parse = takeOverParser(socket);
  /** True while as many requests as allowed are under way. */
  let isFull = false;
  /** True while Node has paused the socket. Then the parser must get no bytes. */
  let isPausedByNode = false;

  const feed = (chunk: Buffer) => {
    let rest = chunk;
    while (rest.length > 0 && !isFull && !isPausedByNode) {
      const length = pieceLength(rest);
      parse(rest.subarray(0, length));
      rest = rest.subarray(length);
      if (socket.destroyed) return;
      isPausedByNode = socket.isPaused();
      isFull = full(traffic, socket);
    }
    if (isFull) socket.pause();
    if (rest.length > 0) socket.unshift(rest);
  };
  socket.on('data', feed);
  socket.on('resume', () => {
    isPausedByNode = false;
    if (isFull) socket.pause();
  });

  return {
    release() {
      if (!isFull || full(traffic, socket)) return;
      isFull = false;
      // Not at once: responses that leave at once would let one connection keep the process from all others.
      setImmediate(() => {
        if (!isFull && !isPausedByNode && !socket.destroyed) socket.resume();
      });
    },
  };
}

/** Node has one listener for the bytes of a connection, which parses them. */
function takeOverParser(socket: Socket): (piece: Buffer) => void {
  const [parse, ...others] = socket.listeners('data') as Array<(piece: Buffer) => void>;
  if (!parse || others.length > 0) throw new Error('Node parses requests in another way than this release expects');
  socket.off('data', parse);
  return (piece) => parse.call(socket, piece);
}

function pieceLength(bytes: Buffer): number {
  const end = bytes.indexOf(HEAD_END, Math.max(0, PIECE_BYTES_MIN - HEAD_END.length));
  return end < 0 ? bytes.length : end + HEAD_END.length;
}

/** A request whose body is still arriving does not count: without the rest of its body, it would never end. */
function full(traffic: Traffic, socket: Socket): boolean {
  const complete = [...traffic.of(socket).keys()].filter((request) => request.complete);
  return complete.length >= REQUESTS_MAX;
}
