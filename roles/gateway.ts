import { gatewayApi } from '../api/gateway/app.ts';
import { publishKeys } from '../api/gateway/public-keys.ts';
import { createUpstreams } from '../api/gateway/upstreams.ts';
import { converted, group, optional, port, textOr, url, wholeNumber, type Reader } from '../lib/config.ts';
import { publishedDocument, restDocument } from './contract.ts';
import { serviceIdentity, trustedProxies } from './identity.ts';
import {
  defineRole,
  internalHost,
  runningOf,
  serve,
  urlOf,
  type RoleName,
  type ServiceRole,
  type Shared,
} from './role.ts';

const PUBLIC_PORT = 8080;
const serviceRoles: readonly ServiceRole[] = ['auth', 'users', 'orders', 'billing', 'notifications'];
const watchedRoles: readonly RoleName[] = ['worker', 'auditor'];

export const gateway = defineRole({
  name: 'gateway',
  readers: (sameProcess) => ({
    host: textOr('HOST', 'address of the public listener only', '127.0.0.1'),
    port: port('PORT', 'public port, also of `npm start`', PUBLIC_PORT),
    internalHost,
    opsPort: port('GATEWAY_OPS_PORT', "port of the gateway's health, metrics and public key on `INTERNAL_HOST`"),
    identity: serviceIdentity('gateway'),
    proxies: trustedProxies,
    connectionsPerAddressMax: wholeNumber(
      'CONNECTIONS_PER_ADDRESS',
      'connections to the public port from one IPv4 address or /64 network, except from `TRUSTED_PROXIES`; beyond that, the connection that has been idle longest ends',
      { min: 1, max: 1_000_000, otherwise: 500 },
    ),
    urls: urlsOf(sameProcess),
  }),
  start: async (config, shared) => {
    const { identity } = config;
    const upstreams = createUpstreams(config.urls(shared), { tokens: { auth: identity.tokensFor('auth') } });
    const middleware = gatewayApi({
      document: restDocument,
      published: publishedDocument,
      upstreams,
      clientOf: config.proxies.clientOf,
      ending: shared.ending,
    });
    const operations = await serve(
      shared,
      { host: config.internalHost, port: config.opsPort },
      { role: 'gateway-operations', checks: [], middleware: [publishKeys(identity.publicKeys)] },
    );
    const bounds = {
      connectionsPerAddressMax: config.connectionsPerAddressMax,
      isShared: config.proxies.isTrusted,
    };
    const at = { ...config, bounds };
    const listener = await serve(shared, at, { role: 'gateway', checks: [], middleware, operations: false });
    return runningOf(listener, operations, upstreams);
  },
});

/** The URL of each role. The worker and the auditor are optional: the gateway only checks whether they are ready. */
function urlsOf(sameProcess: ReadonlySet<RoleName>): Reader<(shared: Shared) => Map<string, string>> {
  const services = serviceRoles.map((role) => [role, urlOf(role, sameProcess)] as const);
  const watched = watchedRoles.map((role) => [role, urlIfKnown(role)] as const);
  const readers = Object.fromEntries<Reader<(shared: Shared) => string | undefined>>([...services, ...watched]);
  return converted(group(readers), (urls) => (shared) => {
    const known = Object.entries(urls).map(([role, at]) => [role, at(shared)] as const);
    return new Map(known.filter((entry): entry is [string, string] => entry[1] !== undefined));
  });
}

const urlIfKnown = (role: RoleName): Reader<(shared: Shared) => string | undefined> =>
  converted(
    optional(url(`${role.toUpperCase()}_URL`, 'only asked for readiness'), 'the same process, or none'),
    (value) =>
      ({ urls }) =>
        value ?? urls.get(role),
  );
