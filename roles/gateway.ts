import { gatewayApi } from '../api/gateway/app.ts';
import { createClientReader } from '../api/gateway/forwarded.ts';
import { createUpstreams } from '../api/gateway/upstreams.ts';
import { ConfigFault, list, port, readConfig, url, type Reader } from '../lib/config.ts';
import { publishedDocument, restDocument } from './contract.ts';
import { address, runningOf, serve, urlOf, type Role, type RoleName, type ServiceRole, type Shared } from './role.ts';

const PUBLIC_PORT = 8080;
const serviceRoles: readonly ServiceRole[] = ['auth', 'users', 'orders', 'billing', 'notifications'];
const watchedRoles: readonly RoleName[] = ['worker', 'auditor'];

export const gateway: Role = {
  name: 'gateway',
  configure(env, sameProcess) {
    const config = readConfig(env, {
      ...address('PORT', PUBLIC_PORT),
      opsPort: port('GATEWAY_OPS_PORT'),
      clientOf,
      urls: urlsOf(sameProcess),
    });
    return async (shared) => {
      const upstreams = createUpstreams(config.urls(shared));
      const middleware = gatewayApi({
        document: restDocument,
        published: publishedDocument,
        upstreams,
        clientOf: config.clientOf,
      });
      const operations = await serve(
        shared,
        { host: config.host, port: config.opsPort },
        { role: 'gateway-operations', checks: [] },
      );
      const listener = await serve(shared, config, { role: 'gateway', checks: [], middleware, operations: false });
      return runningOf(listener, operations, upstreams);
    };
  },
};

const clientOf: Reader<ReturnType<typeof createClientReader>> = (env) => {
  const proxies = env['TRUSTED_PROXIES'] ? list('TRUSTED_PROXIES')(env) : [];
  try {
    return createClientReader(proxies);
  } catch (error) {
    throw new ConfigFault(`TRUSTED_PROXIES: ${(error as Error).message}`, { cause: error });
  }
};

/** The URL of each role. Worker and auditor are optional and only checked for readiness. */
const urlsOf =
  (sameProcess: ReadonlySet<RoleName>): Reader<(shared: Shared) => Map<string, string>> =>
  (env) => {
    const services = serviceRoles.map((role) => [role, urlOf(role, sameProcess)] as const);
    const watched = watchedRoles.map((role) => [role, urlIfKnown(role)] as const);
    const urls = readConfig(
      env,
      Object.fromEntries<Reader<(shared: Shared) => string | undefined>>([...services, ...watched]),
    );
    return (shared) => {
      const known = Object.entries(urls).map(([role, at]) => [role, at(shared)] as const);
      return new Map(known.filter((entry): entry is [string, string] => entry[1] !== undefined));
    };
  };

const urlIfKnown =
  (role: RoleName): Reader<(shared: Shared) => string | undefined> =>
  (env) => {
    const name = `${role.toUpperCase()}_URL`;
    const value = env[name] ? url(name)(env) : undefined;
    return ({ urls }) => value ?? urls.get(role);
  };
