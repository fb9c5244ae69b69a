import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, type ProblemKind } from './problem.ts';

/** What Node refuses before there is a request that the app could answer, by its code. Anything else is not HTTP. */
const kinds: Readonly<Record<string, ProblemKind>> = { HPE_HEADER_OVERFLOW: 'headers-too-large' };

/** Answers what Node cannot read as a request in the same form as every other refusal. A client that was too slow gets a bare 408. */
export function answerClientErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return socket.destroy();
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    socket.end(refusal(new Problem(kinds[error.code ?? ''] ?? 'bad-request', 'The request could not be read')));
  });
}

function refusal(problem: Problem): string {
  const correlationId = randomUUID();
  const body = JSON.stringify({ ...problem.toJSON(), correlationId });
  const headers = [
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-correlation-id: ${correlationId}`,
    'connection: close',
  ];
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}
