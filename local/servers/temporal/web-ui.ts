import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { guardServer, refusePages } from '../page-guard.ts';

const HOST = '127.0.0.1';

/**
 * Serves Temporal's Web UI on `port` to its own pages only. The UI itself accepts any `Host` header. An attacker's DNS
 * could give the name of a page the address of this machine, and that page could then start workflows. Therefore the UI
 * listens on `upstreamPort`, to which browsers do not connect.
 */
export async function serveWebUi(port: number, upstreamPort: number): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => void forward(request, response, upstreamPort));
  guardServer(server, [refusePages]);
  server.listen(port, HOST);
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { close };
}

async function forward(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const { method, url: path, headers } = request;
  const upstream = send({ host: HOST, port, method, path, headers });
  response.once('close', () => upstream.destroy());
  try {
    const [answer] = await Promise.all([once(upstream, 'response'), pipeline(request, upstream)]);
    const [reply] = answer as [IncomingMessage];
    response.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
    await pipeline(reply, response);
  } catch (error) {
    // The browser has left, or Temporal is being restarted.
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(`${(error as Error).message}\n`);
  }
}
