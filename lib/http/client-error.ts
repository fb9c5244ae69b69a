import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from './problem.ts';

/** Answers requests that Node rejects before the app sees them, in the app's problem format. */
export function answerClientErrors(server: Server): void {
  const inFlight = new WeakMap<Socket, Set<IncomingMessage>>();
  const track = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    inFlight.set(socket, (inFlight.get(socket) ?? new Set()).add(request));
    response.once('close', () => inFlight.get(socket)?.delete(request));
  };
  server.on('request', track);
  server.on('checkExpectation', track);
  /**
   * While a complete earlier request is in flight, the client would take the refusal for the response to that request,
   * which may still take effect.
   */
  const hasCompleteRequest = (socket: Socket) => [...(inFlight.get(socket) ?? [])].some(({ complete }) => complete);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET' || hasCompleteRequest(socket)) return socket.destroy();
    socket.end(response(problemOf(error)));
  });
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request-timeout');
  return new Problem('bad-request', 'The request could not be read');
}

/** The requested path is unknown, so `instance` is `/`. */
function response(problem: Problem): string {
  const correlationId = randomUUID();
  const body = JSON.stringify({ ...problem.toJSON(), instance: '/', correlationId });
  const headers = [
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-correlation-id: ${correlationId}`,
    'connection: close',
  ];
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}
