import { gatewayApi } from '../api/gateway/app.ts';
import { createClientReader } from '../api/gateway/forwarded.ts';
import { createUpstreams } from '../api/gateway/upstreams.ts';
import { ConfigFault, converted, group, list, optional, port, url, type Reader } from '../lib/config.ts';
import { publishedDocument, restDocument } from './contract.ts';
import { address, defineRole, runningOf, serve, urlOf, type RoleName, type ServiceRole, type Shared } from './role.ts';

const PUBLIC_PORT = 8080;
const serviceRoles: readonly ServiceRole[] = ['auth', 'users', 'orders', 'billing', 'notifications'];
const watchedRoles: readonly RoleName[] = ['worker', 'auditor'];

export const gateway = defineRole({
  name: 'gateway',
  readers: (sameProcess) => ({
    ...address('PORT', 'public port, also of `npm start`', PUBLIC_PORT),
    opsPort: port('GATEWAY_OPS_PORT', "port of the gateway's metrics, which the public port does not serve"),
    clientOf,
    urls: urlsOf(sameProcess),
  }),
  start: async (config, shared) => {
    const upstreams = createUpstreams(config.urls(shared));
    const middleware = gatewayApi({
      document: restDocument,
      published: publishedDocument,
      upstreams,
      clientOf: config.clientOf,
      ending: shared.ending,
    });
    const operations = await serve(
      shared,
      { host: config.host, port: config.opsPort },
      { role: 'gateway-operations', checks: [] },
    );
    const listener = await serve(shared, config, { role: 'gateway', checks: [], middleware, operations: false });
    return runningOf(listener, operations, upstreams);
  },
});

const clientOf: Reader<ReturnType<typeof createClientReader>> = converted(
  optional(list('TRUSTED_PROXIES', 'proxies whose `X-Forwarded-*` headers are believed, separated by commas')),
  (proxies) => {
    try {
      return createClientReader(proxies ?? []);
    } catch (error) {
      throw new ConfigFault(`TRUSTED_PROXIES: ${(error as Error).message}`, { cause: error });
    }
  },
);

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
