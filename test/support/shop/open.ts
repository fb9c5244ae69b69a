import { freePort } from '../free-port.ts';
import { startShop } from './shop.ts';

const ROLES = ['auth', 'users', 'orders', 'billing', 'notifications'];

export type OpenShop = Awaited<ReturnType<typeof startOpenShop>>;

/** The whole app without rate limits, with direct access to each service. `env` adds variables. */
export async function startOpenShop(env: Record<string, string> = {}) {
  const services = new Map<string, string>();
  const ports: Record<string, string> = {};
  for (const role of ROLES) {
    const port = await freePort();
    ports[`${role.toUpperCase()}_PORT`] = String(port);
    services.set(role, `http://127.0.0.1:${port}`);
  }
  const noRateLimits = Object.fromEntries(
    [
      'LOGINS_PER_ACCOUNT',
      'LOGINS_PER_ADDRESS',
      'LOGIN_FAILURES_PER_ACCOUNT',
      'LOGIN_FAILURES_PER_ADDRESS',
      'LOGIN_FAILURES_BY_STRANGERS',
      'MAILS_PER_ADDRESS_AND_HOUR',
      'REGISTRATIONS_PER_ADDRESS',
      'WRITES_BURST',
      'WRITES_PER_SECOND',
    ].map((name) => [name, '1000000']),
  );
  const shop = await startShop({ env: { ...ports, ...noRateLimits, ...env } });
  return {
    ...shop,
    /** The URL of the service, or the gateway's URL if the gateway itself serves the role's operations. */
    serviceOf: (role: string): string => services.get(role) ?? shop.url,
  };
}
