import type { Prng } from '../prng.ts';
import { edgeNames } from '../world/edges.ts';
import { faultKinds, type Fault, type FaultKind } from './faults.ts';

const kinds = Object.keys(faultKinds) as FaultKind[];

/** Decides what happens, to whom and when, before anything does: the same seed, the same plan. */
export function planFaults(prng: Prng, count: number): Fault[] {
  const targets = targetsInTurn(prng);
  const span = 0.92;
  return prng.shuffled(deal(prng, count)).map((kind, n) => {
    const [shortest, longest] = faultKinds[kind].lastsMs;
    const at = 0.02 + (span * (n + prng.next() * 0.5)) / count;
    return {
      kind,
      target: targets(kind),
      lastsMs: prng.between(shortest, longest),
      at,
      seed: prng.between(0, 2 ** 31),
    };
  });
}

/** So many kinds, each about as often as its weight says; of few, as many different ones as there can be. */
function deal(prng: Prng, count: number): FaultKind[] {
  const dealt: FaultKind[] = [];
  while (dealt.length < count) {
    const left = new Map<FaultKind, number>(kinds.map((kind) => [kind, faultKinds[kind].weight]));
    while (left.size > 0 && dealt.length < count) {
      for (const kind of heaviestFirst(prng, [...left.keys()])) {
        const rest = left.get(kind)! - 1;
        if (rest > 0) left.set(kind, rest);
        else left.delete(kind);
        if (dealt.length < count) dealt.push(kind);
      }
    }
  }
  return dealt;
}

/** In an order that chance decides, and that a weight makes come sooner. */
function heaviestFirst(prng: Prng, of: readonly FaultKind[]): FaultKind[] {
  const drawn = of.map((kind) => ({ kind, lot: prng.next() ** (1 / faultKinds[kind].weight) }));
  return drawn.sort((a, b) => b.lot - a.lot).map(({ kind }) => kind);
}

/** One target after the other until all have had their turn: of the ways, whatever spoils them; of anything else, for each kind. */
function targetsInTurn(prng: Prng): (kind: FaultKind) => string {
  const waiting = new Map<string, string[]>();
  return (kind) => {
    const targets: readonly string[] = faultKinds[kind].targets;
    const name = targets === edgeNames ? 'ways' : kind;
    const turn = waiting.get(name) ?? [];
    if (turn.length === 0) turn.push(...prng.shuffled(targets));
    waiting.set(name, turn);
    return turn.pop()!;
  };
}
