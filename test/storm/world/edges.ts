import { roleNames, type RoleName } from '../../../bin/role.ts';
import { databaseVariable } from '../../../local/settings.ts';
import { services } from '../../../prisma/migrate.ts';
import { startKafkaLink, startLink, type Link } from '../../support/link.ts';

export const serverNames = ['postgres', 'kafka', 'temporal', 'mail'] as const;
export type ServerName = (typeof serverNames)[number];
export type Place = RoleName | ServerName;

/** Whom each role asks. */
const ASKS: Readonly<Record<RoleName, readonly Place[]>> = {
  auth: ['postgres'],
  users: ['auth', 'postgres', 'temporal'],
  billing: ['auth', 'postgres'],
  orders: ['auth', 'postgres', 'temporal'],
  notifications: ['auth', 'users', 'postgres', 'kafka', 'mail'],
  worker: ['billing', 'users', 'postgres', 'temporal', 'kafka'],
  auditor: ['postgres', 'temporal'],
  gateway: ['auth', 'users', 'orders', 'billing', 'notifications', 'worker', 'auditor'],
};

export type EdgeName = `${RoleName | 'clients'} to ${Place}`;

/** Every way on which somebody asks somebody else, each of its own: that one of them is spoilt, no other one feels. */
export const edgeNames: readonly EdgeName[] = [
  'clients to gateway',
  ...roleNames.flatMap((from) => ASKS[from].map((to): EdgeName => `${from} to ${to}`)),
];

export type Edges = Readonly<Record<EdgeName, Link>>;

/** Makes the ways to where everybody is, as `host:port`. */
export async function openEdges(addresses: Readonly<Record<Place, string>>): Promise<Edges> {
  const open = (to: Place) => (to === 'kafka' ? startKafkaLink(addresses[to]) : startLink(addresses[to]));
  const entries = await Promise.all(
    edgeNames.map(async (name) => [name, await open(name.split(' to ')[1] as Place)] as const),
  );
  return Object.fromEntries(entries) as Edges;
}

/** The variables by which a role finds those that it asks, each at its own end of the way. */
export function variablesOf(
  role: RoleName,
  edges: Edges,
  stack: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables = ASKS[role].map((to): Record<string, string> => {
    const { address } = edges[`${role} to ${to}`];
    switch (to) {
      case 'postgres':
        return Object.fromEntries(services.map(databaseVariable).map((name) => [name, at(stack[name]!, address)]));
      case 'kafka':
        return { KAFKA_BROKERS: address };
      case 'temporal':
        return { TEMPORAL_ADDRESS: address };
      case 'mail':
        return { SMTP_URL: at(stack['SMTP_URL']!, address) };
      default:
        return { [`${to.toUpperCase()}_URL`]: `http://${address}` };
    }
  });
  return Object.assign({}, ...variables) as Record<string, string>;
}

/** The same URL at another host. */
export function at(url: string, host: string): string {
  const changed = new URL(url);
  changed.host = host;
  return changed.href;
}
