/**
 * How undici keeps idle connections. A request that is sent while the server closes its connection is lost, and its
 * outcome is unknown. So the client closes first: sooner than any server does, and within the time that a role drains.
 * Before undici reuses an idle connection, it checks that the server has not closed it.
 */
export const KEEP_ALIVE = {
  keepAliveTimeout: 2_000,
  // By default, a server's hint (`Keep-Alive: timeout=620`) would extend the time to 600 s.
  keepAliveMaxTimeout: 2_000,
  // The client closes this much earlier than a server's hint says. With a hint of 1 s it reuses no connection.
  keepAliveTimeoutThreshold: 1_000,
} as const;
