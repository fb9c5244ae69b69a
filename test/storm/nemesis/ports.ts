import type { Clients } from '../clients/clients.ts';
import type { World } from '../world/world.ts';
import type { Topics } from './topics.ts';

/** What the nemesis has its hands on. */
export interface NemesisPorts {
  world: World;
  clients: Pick<Clients, 'orders' | 'duplicates'>;
  topics: Topics;
  signal: AbortSignal;
}
