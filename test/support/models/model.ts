import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';

/** The pure reference that a store is compared with. */
export interface Model<State, Call, Answer> {
  initial: State;
  step(state: State, call: Call): [next: State, answer: Answer];
}

/** The real store, in the model's terms. */
export type Real<Call, Answer> = (call: Call) => Promise<Answer>;

/** A failure prints its seed. Repeat it with `TEST_SEED=… npm test -- test/name.test.ts`. */
export function runs(numRuns: number): fc.Parameters<unknown> {
  const seed = process.env['TEST_SEED'];
  return { numRuns, ...(seed && { seed: Number(seed) }) };
}

/** Runs random calls one after another and compares each answer with the model's. */
export function inTurn<State, Call, Answer>(
  model: Model<State, Call, Answer>,
  calls: fc.Arbitrary<Call>,
  maxCommands: number,
) {
  return fc.commands<{ state: State }, Real<Call, Answer>, true>([calls.map((call) => commandOf(model, call))], {
    maxCommands,
    size: 'max',
  });
}

function commandOf<State, Call, Answer>(
  { step }: Model<State, Call, Answer>,
  call: Call,
): fc.AsyncCommand<{ state: State }, Real<Call, Answer>, true> {
  return {
    check: async () => true,
    async run(kept, real) {
      const [next, expected] = step(kept.state, call);
      assert.deepEqual(await real(call), expected);
      kept.state = next;
    },
    toString: () => JSON.stringify(call),
  };
}

/**
 * Makes the calls of a batch concurrently. Fails unless the model gives the same answers to these calls in some
 * sequential order. Returns the final states of all such orders.
 */
export async function atOnce<State, Call, Answer>(
  { step }: Model<State, Call, Answer>,
  states: readonly State[],
  batch: readonly Call[],
  real: Real<Call, Answer>,
): Promise<State[]> {
  const answers = await Promise.all(batch.map(real));
  const answered = batch.map((call, n) => ({ call, answer: answers[n]! }));
  const finalStates = states.flatMap((state) => finalStatesOf(step, state, answered));
  assert.ok(finalStates.length > 0, `no sequential order explains these answers: ${JSON.stringify(answered)}`);
  return distinct(finalStates);
}

function finalStatesOf<State, Call, Answer>(
  step: Model<State, Call, Answer>['step'],
  state: State,
  answered: readonly { call: Call; answer: Answer }[],
): State[] {
  if (answered.length === 0) return [state];
  return answered.flatMap(({ call, answer }, n) => {
    const [next, expected] = step(state, call);
    return isDeepStrictEqual(answer, expected) ? finalStatesOf(step, next, answered.toSpliced(n, 1)) : [];
  });
}

/** Fails unless the stored state is one of the possible states. */
export function assertOneOf<State>(states: readonly State[], stored: State): void {
  assert.deepEqual(stored, states.find((state) => isDeepStrictEqual(state, stored)) ?? states[0]);
}

const distinct = <State>(states: readonly State[]): State[] =>
  states.filter((state, n) => states.findIndex((other) => isDeepStrictEqual(other, state)) === n);
