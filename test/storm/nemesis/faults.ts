import { roleNames } from '../../../roles/role.ts';
import { edgeNames, serverNames, type ProcessName } from '../world/edges.ts';

/** Each kind of fault: how many of sixty faults are of this kind, its targets and its duration. */
export const faultKinds = {
  'kill-role': { weight: 6, targets: roleNames, durationMs: [0, 0] },
  'kill-server': { weight: 4, targets: serverNames, durationMs: [0, 0] },
  'pause-role': { weight: 4, targets: roleNames, durationMs: [1_000, 6_000] },
  'pause-server': { weight: 3, targets: serverNames, durationMs: [1_000, 4_000] },
  latency: { weight: 3, targets: edgeNames, durationMs: [2_000, 6_000] },
  'lost-answers': { weight: 5, targets: edgeNames, durationMs: [2_000, 5_000] },
  'black-hole': { weight: 3, targets: edgeNames, durationMs: [1_500, 6_000] },
  silence: { weight: 3, targets: edgeNames, durationMs: [1_500, 6_000] },
  cut: { weight: 3, targets: edgeNames, durationMs: [500, 4_000] },
  slicing: { weight: 3, targets: edgeNames, durationMs: [2_000, 6_000] },
  redelivery: { weight: 3, targets: ['notifications'], durationMs: [0, 0] },
  'unprocessable-messages': {
    weight: 3,
    targets: ['order-service.OrderCreated', 'order-service.OrderRejected', 'order-service.OrderCancelled'],
    durationMs: [0, 0],
  },
  duplicates: { weight: 3, targets: ['clients'], durationMs: [2_000, 6_000] },
  clock: { weight: 3, targets: ['auth'], durationMs: [3_000, 8_000] },
  'late-attempts': { weight: 3, targets: ['worker'], durationMs: [6_000, 9_000] },
  failpoint: { weight: 8, targets: ['several'], durationMs: [12_000, 20_000] },
} as const satisfies Record<
  string,
  { weight: number; targets: readonly string[]; durationMs: readonly [number, number] }
>;

export type FaultKind = keyof typeof faultKinds;

export interface Fault {
  kind: FaultKind;
  target: string;
  durationMs: number;
  /** The share of all orders that must exist before the fault starts. */
  startsAt: number;
  seed: number;
}

/** Returns the process that a fault kills or restarts, if any. */
export const victimOf = ({ kind, target }: Pick<Fault, 'kind' | 'target'>): ProcessName | undefined =>
  kind === 'kill-role' || kind === 'kill-server'
    ? (target as ProcessName)
    : kind === 'redelivery' || kind === 'clock'
      ? (target as ProcessName)
      : undefined;
