import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Traffic } from './traffic.ts';

/** Requests of one connection that are under way at once. The others stay unparsed. Browsers send one at a time. */
const REQUESTS_MAX = 4;
/** The end of a request without a body, and of the headers of one with a body. */
const HEAD_END = '\r\n\r\n';
/** A piece for the parser is at least this long, so that parsing thousands of empty lines costs little. */
const PIECE_BYTES_MIN = 128;

/**
 * Bounds the memory that one connection can take by sending requests without reading the responses. Node parses
 * everything it has read, up to 64 KiB, at once: that is up to three thousand requests, and Node starts them all before
 * the first is answered. So this passes the bytes to Node's parser request by request, and leaves the rest unread while
 * enough requests are under way.
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
  /** Enough requests are under way. */
  let isFull = false;
  /** Node's own back pressure: the parser must get nothing until Node resumes the socket. */
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

/** A request whose body is still on its way does not count: it must get its body, or it would never end. */
function full(traffic: Traffic, socket: Socket): boolean {
  const complete = [...traffic.of(socket).keys()].filter((request) => request.complete);
  return complete.length >= REQUESTS_MAX;
}
