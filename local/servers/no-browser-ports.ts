import { SetupError } from '../setup-error.ts';
import { isFree } from './ports.ts';

/**
 * The ports above 1023 to which browsers never connect, by the list "port blocking" of the fetch standard. A
 * server that does not check who sends a request uses such a port, so web pages cannot reach it.
 */
export const NO_BROWSER_PORTS = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** Picks free ports at random, so two starts at once rarely pick the same. */
export async function noBrowserPorts(count: 3, owner: string): Promise<[number, number, number]> {
  const shuffled = NO_BROWSER_PORTS.map((port) => ({ port, rank: Math.random() })).sort((a, b) => a.rank - b.rank);
  const free: number[] = [];
  for (const { port } of shuffled) if (free.length < count && (await isFree(port))) free.push(port);
  if (free.length === count) return free as [number, number, number];
  throw new SetupError(
    `${owner} needs ${count} ports that browsers never connect to, and only ${free.length} are free of ` +
      `${NO_BROWSER_PORTS.join(', ')}. Stop what listens on the others.`,
  );
}
