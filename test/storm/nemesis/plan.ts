import type { Prng } from '../prng.ts';
import { edgeNames, type EdgeName } from '../world/edges.ts';
import { faultKinds, type Fault, type FaultKind } from './faults.ts';

const kinds = Object.keys(faultKinds) as FaultKind[];

/** Plans all faults in advance: the same seed gives the same plan. */
export function planFaults(prng: Prng, count: number): Fault[] {
  const targets = createTargetPicker(prng);
  const span = 0.92;
  return prng.shuffled(drawKinds(prng, count)).map((kind, n) => {
    const [shortest, longest] = faultKinds[kind].durationMs;
    const startsAt = 0.02 + (span * (n + prng.next() * 0.5)) / count;
    return {
      kind,
      target: targets(kind),
      durationMs: prng.between(shortest, longest),
      startsAt,
      seed: prng.between(0, 2 ** 31),
    };
  });
}

/** Draws kinds roughly by weight. A small plan has as many different kinds as possible. */
function drawKinds(prng: Prng, count: number): FaultKind[] {
  const drawn: FaultKind[] = [];
  while (drawn.length < count) {
    const left = new Map<FaultKind, number>(kinds.map((kind) => [kind, faultKinds[kind].weight]));
    while (left.size > 0 && drawn.length < count) {
      for (const kind of heaviestFirst(prng, [...left.keys()])) {
        const rest = left.get(kind)! - 1;
        if (rest > 0) left.set(kind, rest);
        else left.delete(kind);
        if (drawn.length < count) drawn.push(kind);
      }
    }
  }
  return drawn;
}

/** A weighted shuffle. */
function heaviestFirst(prng: Prng, unordered: readonly FaultKind[]): FaultKind[] {
  const lots = unordered.map((kind) => ({ kind, lot: prng.next() ** (1 / faultKinds[kind].weight) }));
  return lots.sort((a, b) => b.lot - a.lot).map(({ kind }) => kind);
}

/**
 * The first fault of these kinds disturbs the connection over which money moves. In a short storm the draw might
 * otherwise never reach it, and a worker that mistakes a missing answer for a refusal would not be noticed.
 */
const FIRST_TARGETS: Partial<Record<FaultKind, EdgeName>> = {
  'lost-answers': 'worker to billing',
  silence: 'worker to billing',
};

/** Uses every target once before repeating one. All connection faults share one list; other kinds have their own. */
function createTargetPicker(prng: Prng): (kind: FaultKind) => string {
  const unused = new Map<string, string[]>();
  const seen = new Set<FaultKind>();
  return (kind) => {
    const targets: readonly string[] = faultKinds[kind].targets;
    const name = targets === edgeNames ? 'edges' : kind;
    const left = unused.get(name) ?? [];
    if (left.length === 0) left.push(...prng.shuffled(targets));
    unused.set(name, left);
    const first = seen.has(kind) ? undefined : FIRST_TARGETS[kind];
    seen.add(kind);
    if (first === undefined) return left.pop()!;
    if (left.includes(first)) left.splice(left.indexOf(first), 1);
    return first;
  };
}
