import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Counter } from 'prom-client';
import { correlationIdOf } from './correlation.ts';
import { Problem } from './problem.ts';
import type { Traffic } from './traffic.ts';

const refused = new Counter({
  name: 'http_requests_refused_total',
  help: 'Requests that were refused before they were routed, such as unreadable ones; no log line mentions them',
  labelNames: ['problem'],
});

/** Answers requests that Node rejects before the app sees them, in the app's problem format. */
export function answerClientErrors(server: Server, traffic: Traffic): void {
  /**
   * While a complete earlier request is in flight, the client would take the refusal for the response to that request,
   * which may still take effect.
   */
  const hasCompleteRequest = (socket: Socket) => [...traffic.of(socket).keys()].some(({ complete }) => complete);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET' || hasCompleteRequest(socket)) return socket.destroy();
    const { status, headers, body } = responseTo(undefined, problemOf(error));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  });
}

/** Answers a request that the app must not see. */
export function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const { status, headers, body } = responseTo(request, problem);
  response.writeHead(status, headers).end(body);
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request-timeout');
  return new Problem('bad-request', 'The request could not be read');
}

/** `instance` is `/`, because the requested path is unknown or must not be read. */
function responseTo(request: IncomingMessage | undefined, problem: Problem) {
  refused.inc({ problem: problem.kind });
  const correlationId = correlationIdOf(request?.headers['x-correlation-id']?.toString());
  const body = JSON.stringify({ ...problem.toJSON(), instance: '/', correlationId });
  const headers = {
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'x-correlation-id': correlationId,
    connection: 'close',
  };
  return { status: problem.status, headers, body };
}
