import type { Violation } from '../checks/violation.ts';
import type { Clients } from '../clients/clients.ts';
import type { World } from '../world/world.ts';
import type { Fault } from './faults.ts';
import type { Topics } from './topics.ts';

export interface NemesisPorts {
  world: World;
  clients: Pick<Clients, 'orders' | 'duplicates' | 'cancellations'>;
  topics: Topics;
  signal: AbortSignal;
  onFound(found: readonly Violation[]): void;
}

/** Injects a fault and resolves when it is over. */
export type Injector = (fault: Fault, ports: NemesisPorts) => Promise<void>;
