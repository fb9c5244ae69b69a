import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Requests = ReadonlyMap<IncomingMessage, ServerResponse>;

/** The requests under way on each connection: their headers are complete, and their responses have not left yet. */
export interface Traffic {
  of(socket: Socket): Requests;
  /** Must be called for each request, before anything else handles it. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  onBegin(listener: (response: ServerResponse, socket: Socket) => void): void;
  /** Called when the response of a request has been sent completely, or the connection has closed. */
  onEnd(listener: (response: ServerResponse, socket: Socket) => void): void;
}

const NONE: Requests = new Map();

export function createTraffic(): Traffic {
  const underWay = new WeakMap<Socket, Map<IncomingMessage, ServerResponse>>();
  const events = new EventEmitter<Record<'begin' | 'end', [ServerResponse, Socket]>>();

  return {
    of: (socket) => underWay.get(socket) ?? NONE,
    begin(request, response) {
      const { socket } = request;
      const requests = underWay.get(socket) ?? new Map<IncomingMessage, ServerResponse>();
      underWay.set(socket, requests.set(request, response));
      response.once('close', () => {
        requests.delete(request);
        events.emit('end', response, socket);
      });
      events.emit('begin', response, socket);
    },
    onBegin: (listener) => void events.on('begin', listener),
    onEnd: (listener) => void events.on('end', listener),
  };
}
