import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Counter } from 'prom-client';
import { networkOf } from './network.ts';
import type { Traffic } from './traffic.ts';

export interface ConnectionBounds {
  /** Each connection costs a file descriptor and memory. */
  connectionsMax: number;
  /** For one IPv4 address or one /64 network of IPv6. */
  connectionsPerAddressMax: number;
  /** True if many clients connect from this address, such as a proxy's. Then only `connectionsMax` applies. */
  isShared: (address: string) => boolean;
}

/** Connections with a common bound. `idle` is in the order in which they became idle. */
interface Group {
  max: number;
  open: Set<Socket>;
  idle: Set<Socket>;
}

const ended = new Counter({
  name: 'http_connections_ended_total',
  help: 'Connections that were ended because there were too many, of the whole `listener` or of one `address`',
  labelNames: ['bound'],
});

/**
 * If there are too many connections, the one that has been idle longest ends. A connection is idle while no request is
 * under way on it, even if it has never sent a request or is still sending headers. If none is idle, the oldest one ends
 * on which the server waits only for the client: for the rest of a body, or for the client to read a response. So a client
 * that only holds connections open locks no other client out. The new connection ends only if the server is working for
 * all the others.
 */
export function boundConnections(server: Server, traffic: Traffic, bounds: ConnectionBounds): void {
  const all = createGroup(bounds.connectionsMax);
  const neighbours = createNeighbours(bounds);
  const groupsOf = new WeakMap<Socket, readonly Group[]>();

  const leave = (socket: Socket) => {
    for (const { open, idle } of groupsOf.get(socket) ?? []) {
      open.delete(socket);
      idle.delete(socket);
    }
    groupsOf.delete(socket);
    neighbours.forgetEmpty(socket);
  };
  const makeRoom = (bound: 'listener' | 'address', { open, idle, max }: Group, newest: Socket) => {
    if (open.size <= max) return;
    const [longestIdle = newest] = idle;
    const ending = longestIdle === newest ? (oldestHeld(open, traffic) ?? newest) : longestIdle;
    leave(ending);
    ending.destroy();
    ended.inc({ bound });
  };

  server.on('connection', (socket) => {
    const near = neighbours.of(socket);
    const groups = near ? [near, all] : [all];
    groupsOf.set(socket, groups);
    for (const { open, idle } of groups) {
      open.add(socket);
      idle.add(socket);
    }
    socket.once('close', () => leave(socket));
    if (near) makeRoom('address', near, socket);
    makeRoom('listener', all, socket);
  });
  traffic.onBegin((_response, socket) => groupsOf.get(socket)?.forEach(({ idle }) => idle.delete(socket)));
  traffic.onEnd((_response, socket) => {
    if (traffic.of(socket).size === 0) groupsOf.get(socket)?.forEach(({ idle }) => idle.add(socket));
  });
}

/** The oldest connection whose requests all wait for the client. */
function oldestHeld(open: ReadonlySet<Socket>, traffic: Traffic): Socket | undefined {
  for (const socket of open) {
    const requests = [...traffic.of(socket)];
    const isHeld = requests.every(([request, response]) => !request.complete || response.writableEnded);
    if (isHeld && requests.length > 0) return socket;
  }
  return undefined;
}

/** The connections of each address. */
function createNeighbours({ connectionsPerAddressMax, isShared }: ConnectionBounds) {
  const groups = new Map<string, Group>();
  const networks = new WeakMap<Socket, string>();
  return {
    of(socket: Socket): Group | undefined {
      const { remoteAddress } = socket;
      if (remoteAddress === undefined || isShared(remoteAddress)) return undefined;
      const network = networkOf(remoteAddress);
      networks.set(socket, network);
      const group = groups.get(network) ?? createGroup(connectionsPerAddressMax);
      groups.set(network, group);
      return group;
    },
    forgetEmpty(socket: Socket): void {
      const network = networks.get(socket);
      if (network !== undefined && groups.get(network)?.open.size === 0) groups.delete(network);
    },
  };
}

const createGroup = (max: number): Group => ({ max, open: new Set(), idle: new Set() });
