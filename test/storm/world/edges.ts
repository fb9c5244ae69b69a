import { databaseVariable } from '../../../local/launch/settings.ts';
import { services } from '../../../prisma/migrate.ts';
import { roleNames, type RoleName } from '../../../roles/role.ts';
import { startKafkaLink, startLink, type Link } from '../../support/fakes/link.ts';

export const serverNames = ['postgres', 'kafka', 'temporal', 'mail'] as const;
export type ServerName = (typeof serverNames)[number];
export type ProcessName = RoleName | ServerName;

const UPSTREAMS: Readonly<Record<RoleName, readonly ProcessName[]>> = {
  auth: ['postgres'],
  users: ['auth', 'postgres', 'temporal'],
  billing: ['auth', 'postgres'],
  orders: ['auth', 'postgres', 'temporal'],
  notifications: ['auth', 'users', 'postgres', 'kafka', 'mail'],
  worker: ['billing', 'users', 'postgres', 'temporal', 'kafka'],
  auditor: ['postgres', 'temporal'],
  gateway: ['auth', 'users', 'orders', 'billing', 'notifications', 'worker', 'auditor'],
};

export type EdgeName = `${RoleName | 'clients'} to ${ProcessName}`;

/** Every connection between two processes. Each has its own proxy. */
export const edgeNames: readonly EdgeName[] = [
  'clients to gateway',
  ...roleNames.flatMap((from) => UPSTREAMS[from].map((to): EdgeName => `${from} to ${to}`)),
];

export type Edges = Readonly<Record<EdgeName, Link>>;

/** Starts a proxy for every connection. `addresses` are `host:port`. */
export async function openEdges(addresses: Readonly<Record<ProcessName, string>>): Promise<Edges> {
  const open = (to: ProcessName) => (to === 'kafka' ? startKafkaLink(addresses[to]) : startLink(addresses[to]));
  const entries = await Promise.all(
    edgeNames.map(async (name) => [name, await open(name.split(' to ')[1] as ProcessName)] as const),
  );
  return Object.fromEntries(entries) as Edges;
}

/** The variables that point a role at its own proxies. */
export function variablesOf(
  role: RoleName,
  edges: Edges,
  stack: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables = UPSTREAMS[role].map((to): Record<string, string> => {
    const { address } = edges[`${role} to ${to}`];
    switch (to) {
      case 'postgres':
        return Object.fromEntries(
          services.map(databaseVariable).map((name) => [name, withHost(stack[name]!, address)]),
        );
      case 'kafka':
        return { KAFKA_BROKERS: address };
      case 'temporal':
        return { TEMPORAL_ADDRESS: address };
      case 'mail':
        return { SMTP_URL: withHost(stack['SMTP_URL']!, address) };
      default:
        return { [`${to.toUpperCase()}_URL`]: `http://${address}` };
    }
  });
  return Object.assign({}, ...variables) as Record<string, string>;
}

/** The same URL with another host. */
function withHost(url: string, host: string): string {
  const changed = new URL(url);
  changed.host = host;
  return changed.href;
}
