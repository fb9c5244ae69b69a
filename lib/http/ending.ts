import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Traffic } from './traffic.ts';

/** Cuts off longer responses, such as event streams and waits of thirty seconds. */
const CLOSE_WITHIN_MS = 8_000;

/** How a server ends. */
export interface Ending {
  /** From now on, each response closes its connection, so that the client opens the next one elsewhere. */
  drain(): void;
  /** Stops listening. Waits for requests in flight, but not for idle connections. */
  close(): Promise<void>;
}

/** Must be called before the server's first request. */
export function createEnding(server: Server, traffic: Traffic): Ending {
  const sockets = new Set<Socket>();
  const responses = new Set<ServerResponse>();
  let draining = false;
  let closing = false;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  traffic.onBegin((response) => {
    responses.add(response);
    response.shouldKeepAlive &&= !draining;
  });
  traffic.onEnd((response) => {
    responses.delete(response);
    // Node closes idle connections when closing starts, but not those that become idle later.
    if (closing) server.closeIdleConnections();
  });

  const drain = () => {
    draining = true;
    // Has no effect on responses whose headers have been sent.
    for (const response of responses) response.shouldKeepAlive = false;
  };
  return {
    drain,
    close: () =>
      new Promise((resolve) => {
        closing = true;
        drain();
        const bound = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
        server.close(() => {
          clearTimeout(bound);
          resolve();
        });
        server.closeIdleConnections();
        // Browsers open connections in advance. Node does not count these as idle, because it awaits their headers.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      }),
  };
}
