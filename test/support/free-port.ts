import getPort, { portNumbers } from 'get-port';

/** Below the ports that systems give to outgoing connections, so that nobody takes it before whom it is for. Each process looks from somewhere else on. */
export const freePort = (): Promise<number> =>
  getPort({ host: '127.0.0.1', port: portNumbers(30_000 + (process.pid % 100) * 25, 32_700) });
