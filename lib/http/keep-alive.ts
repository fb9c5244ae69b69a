/**
 * How undici keeps idle connections. A request that is sent while the server closes its connection is lost, and its
 * outcome unknown, so the client closes first: sooner than any server, and sooner than a role drains before it closes.
 * Before undici reuses an idle connection, it checks that the server has not closed it.
 */
export const KEEP_ALIVE = {
  keepAliveTimeout: 2_000,
  // By default, a server's hint (`Keep-Alive: timeout=620`) would extend the time to 600 s.
  keepAliveMaxTimeout: 2_000,
  // If a server's hint is short, the client closes this much earlier. A hint of 1 s is not used at all.
  keepAliveTimeoutThreshold: 1_000,
} as const;
