import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from './problem.ts';

/** Answers what Node refuses before there is a request that the app could answer, in the same form as every other refusal. */
export function answerClientErrors(server: Server): void {
  const underWay = new WeakMap<Socket, Set<IncomingMessage>>();
  const note = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    underWay.set(socket, (underWay.get(socket) ?? new Set()).add(request));
    response.once('close', () => underWay.get(socket)?.delete(request));
  };
  server.on('request', note);
  server.on('checkExpectation', note);
  /** One that has arrived whole may take effect: the refusal of what came behind it would be read as its answer. */
  const isAtWork = (socket: Socket) => [...(underWay.get(socket) ?? [])].some(({ complete }) => complete);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET' || isAtWork(socket)) return socket.destroy();
    socket.end(response(problemOf(error)));
  });
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request-timeout');
  return new Problem('bad-request', 'The request could not be read');
}

/** What was asked for is not known, so the instance is the whole service. */
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
