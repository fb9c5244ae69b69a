import { roleNames } from '../../../bin/role.ts';
import { edgeNames, serverNames, type Place } from '../world/edges.ts';

/** What can happen, how often it happens among sixty, to whom, and for how long. */
export const faultKinds = {
  'kill-role': { weight: 7, targets: roleNames, lastsMs: [0, 0] },
  'kill-server': { weight: 4, targets: serverNames, lastsMs: [0, 0] },
  'pause-role': { weight: 4, targets: roleNames, lastsMs: [1_000, 6_000] },
  'pause-server': { weight: 3, targets: serverNames, lastsMs: [1_000, 4_000] },
  latency: { weight: 3, targets: edgeNames, lastsMs: [2_000, 6_000] },
  'lost-answers': { weight: 5, targets: edgeNames, lastsMs: [2_000, 5_000] },
  'black-hole': { weight: 3, targets: edgeNames, lastsMs: [1_500, 6_000] },
  silence: { weight: 3, targets: edgeNames, lastsMs: [1_500, 6_000] },
  cut: { weight: 3, targets: edgeNames, lastsMs: [500, 4_000] },
  slicing: { weight: 3, targets: edgeNames, lastsMs: [2_000, 6_000] },
  redelivery: { weight: 3, targets: ['notifications'], lastsMs: [0, 0] },
  poison: {
    weight: 3,
    targets: ['order-service.OrderCreated', 'order-service.OrderRejected', 'order-service.OrderCancelled'],
    lastsMs: [0, 0],
  },
  duplicates: { weight: 3, targets: ['clients'], lastsMs: [2_000, 6_000] },
  clock: { weight: 3, targets: ['auth'], lastsMs: [3_000, 8_000] },
  failpoint: { weight: 10, targets: ['several'], lastsMs: [12_000, 20_000] },
} as const satisfies Record<string, { weight: number; targets: readonly string[]; lastsMs: readonly [number, number] }>;

export type FaultKind = keyof typeof faultKinds;

export interface Fault {
  kind: FaultKind;
  target: string;
  lastsMs: number;
  /** It begins when so large a share of the orders is made. */
  at: number;
  /** For what else is left to chance. */
  seed: number;
}

/** The process whose death a fault may be. */
export const victimOf = ({ kind, target }: Pick<Fault, 'kind' | 'target'>): Place | undefined =>
  kind === 'kill-role' || kind === 'kill-server'
    ? (target as Place)
    : kind === 'redelivery' || kind === 'clock'
      ? (target as Place)
      : undefined;
