import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';

/** What the store is compared with: says, for each thing that it may be asked, what it answers and how it then stands. Changes nothing. */
export interface Model<State, Asked, Answer> {
  initial: State;
  step(state: State, asked: Asked): [next: State, answer: Answer];
}

/** Asks the real store, and answers in the words of the model. */
export type Real<Asked, Answer> = (asked: Asked) => Promise<Answer>;

/** A property fails with its seed. The same seed makes the same runs: `TEST_SEED=… npm test -- test/name.test.ts`. */
export function runs(numRuns: number): fc.Parameters<unknown> {
  const seed = process.env['TEST_SEED'];
  return { numRuns, ...(seed && { seed: Number(seed) }) };
}

/** Asks one thing after another: each answer must be the one that the model gives. */
export function inTurn<State, Asked, Answer>(
  model: Model<State, Asked, Answer>,
  asked: fc.Arbitrary<Asked>,
  maxCommands: number,
) {
  return fc.commands<{ state: State }, Real<Asked, Answer>, true>([asked.map((each) => commandOf(model, each))], {
    maxCommands,
    size: 'max',
  });
}

function commandOf<State, Asked, Answer>(
  { step }: Model<State, Asked, Answer>,
  asked: Asked,
): fc.AsyncCommand<{ state: State }, Real<Asked, Answer>, true> {
  return {
    check: async () => true,
    async run(kept, real) {
      const [next, expected] = step(kept.state, asked);
      assert.deepEqual(await real(asked), expected);
      kept.state = next;
    },
    toString: () => JSON.stringify(asked),
  };
}

/**
 * Asks several things at once. There must be an order in which the model, asked one after another, gives every one of these answers.
 * Answers the states that such orders end in.
 */
export async function atOnce<State, Asked, Answer>(
  { step }: Model<State, Asked, Answer>,
  states: readonly State[],
  batch: readonly Asked[],
  real: Real<Asked, Answer>,
): Promise<State[]> {
  const answers = await Promise.all(batch.map(real));
  const calls = batch.map((asked, n) => ({ asked, answer: answers[n]! }));
  const ends = states.flatMap((state) => endsOf(step, state, calls));
  assert.ok(ends.length > 0, `no order of these explains their answers: ${JSON.stringify(calls)}`);
  return distinct(ends);
}

function endsOf<State, Asked, Answer>(
  step: Model<State, Asked, Answer>['step'],
  state: State,
  calls: readonly { asked: Asked; answer: Answer }[],
): State[] {
  if (calls.length === 0) return [state];
  return calls.flatMap(({ asked, answer }, n) => {
    const [next, expected] = step(state, asked);
    return isDeepStrictEqual(answer, expected) ? endsOf(step, next, calls.toSpliced(n, 1)) : [];
  });
}

/** Fails unless what is stored is one of the states that are possible. */
export function assertOneOf<State>(states: readonly State[], stored: State): void {
  assert.deepEqual(stored, states.find((state) => isDeepStrictEqual(state, stored)) ?? states[0]);
}

const distinct = <State>(states: readonly State[]): State[] =>
  states.filter((state, n) => states.findIndex((other) => isDeepStrictEqual(other, state)) === n);
