import getPort, { portNumbers } from 'get-port';

/** A free port below the range of outgoing connections. To avoid collisions, processes start at different ports. */
export const freePort = (): Promise<number> =>
  getPort({ host: '127.0.0.1', port: portNumbers(30_000 + (process.pid % 100) * 25, 32_700) });
