/** Billing behaves like a model of its ledger, under random sequential and concurrent commands. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import type { Outcome, Transaction } from '../../../api/billing/movement.ts';
import { createBillingStore } from '../../../api/billing/store.ts';
import {
  ledgerModel,
  type Answer,
  type Command,
  type Entry,
  type Ledger,
  type KnownOutcome,
} from '../../support/models/ledger.ts';
import { assertOneOf, atOnce, inTurn, runs, type Real } from '../../support/models/model.ts';
import { createDatabase } from '../../support/postgres/database.ts';

const RUNS_IN_TURN = 900;
const RUNS_AT_ONCE = 300;
const KEYS = 4;

const database = await createDatabase('billing');
const store = createBillingStore(database);
after(async () => {
  await store.close();
  await database.close();
});

const key = fc.nat(KEYS - 1);
const scope = fc.constantFrom('client' as const, 'order' as const);
const kind = fc.constantFrom('replenishment' as const, 'withdrawal' as const);
const amount = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 9 }) },
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 5),
);
const cause = fc.constantFrom('buyer' as const, 'operator' as const, 'deadline' as const);
const write: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ action: kind, scope, key, amount }) },
  { weight: 3, arbitrary: fc.record({ action: fc.constant('cancel' as const), key, cause }) },
  fc.constant({ action: 'open' as const }),
);
const read = (pageSize: fc.Arbitrary<number>): fc.Arbitrary<Command> =>
  fc.oneof(
    fc.constant({ action: 'balance' as const }),
    fc.record({ action: fc.constant('ledger' as const), pageSize }),
  );

test(`in ${RUNS_IN_TURN} random runs billing returns what the model returns`, async () => {
  const command = fc.oneof({ weight: 4, arbitrary: write }, read(fc.integer({ min: 1, max: 4 })));
  const property = fc.asyncProperty(inTurn(ledgerModel, command, 14), async (commands) => {
    const owner = newOwner();
    const kept = { state: ledgerModel.initial };
    await fc.asyncModelRun(() => ({ model: kept, real: owner.perform }), commands);
    assert.deepEqual(await owner.stored(), kept.state);
  });
  await fc.assert(property, runs(RUNS_IN_TURN));
});

test(`in ${RUNS_AT_ONCE} random runs concurrent commands return what the model returns in some order`, async () => {
  // The balance does not cover all the withdrawals.
  const few = fc.integer({ min: 4, max: 9 });
  const spend: fc.Arbitrary<Command> = fc.record({
    action: fc.constant('withdrawal' as const),
    scope,
    key,
    amount: few,
  });
  const command = fc.oneof({ weight: 6, arbitrary: spend }, { weight: 4, arbitrary: write }, read(fc.constant(100)));
  const batch = fc.array(command, { minLength: 2, maxLength: 5 });
  const first: Command[] = [{ action: 'replenishment', scope: 'client', key: 0, amount: 12 }];
  const property = fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
    const owner = newOwner();
    let states: Ledger[] = [ledgerModel.initial];
    for (const each of [first, ...batches]) states = await atOnce(ledgerModel, states, each, owner.perform);
    assertOneOf(states, await owner.stored());
  });
  await fc.assert(property, runs(RUNS_AT_ONCE));
});

/** An owner without an account, with new keys. */
function newOwner() {
  const ownerId = randomUUID();
  const keys = Array.from({ length: KEYS }, () => randomUUID());
  const transactions = new Map<string, number>();
  /** Fails if a key is answered with two different transaction ids. */
  const knownOutcome = (key: string, { transactionId, ...rest }: Outcome) => {
    assert.equal(transactions.get(key) ?? transactionId, transactionId);
    if (transactionId !== null) transactions.set(key, transactionId);
    return rest;
  };
  const perform: Real<Command, Answer> = async (command) => {
    switch (command.action) {
      case 'open':
        return store.open(ownerId);
      case 'balance':
        return store.balance(ownerId);
      case 'ledger':
        return ledgerOf(ownerId, keys, command.pageSize);
      case 'cancel':
        return knownOutcome(
          `order ${command.key}`,
          await store.cancel({ ownerId, scope: 'order', key: keys[command.key]! }, command.cause),
        );
      default: {
        const { action: kind, scope, key, amount } = command;
        const move = { ownerId, scope, kind, key: keys[key]!, amount };
        return knownOutcome(
          `${scope} ${key}`,
          await (kind === 'withdrawal' ? store.withdraw(move) : store.replenish(move)),
        );
      }
    }
  };
  return { perform, stored: () => stored(ownerId, keys) };
}

async function ledgerOf(ownerId: string, keys: readonly string[], pageSize: number): Promise<Entry[]> {
  const entries: Transaction[] = [];
  for (let page; page === undefined || page.length === pageSize; entries.push(...page)) {
    page = await store.transactions(ownerId, { limit: pageSize, before: entries.at(-1)?.id });
  }
  return entries.map(({ kind, amount, scope, idempotencyKey, isCancelled }) => ({
    key: keys.indexOf(idempotencyKey),
    scope,
    kind,
    amount,
    isCancelled,
  }));
}

/** Reads an owner's tables. Fails if the balance is negative or differs from the ledger. */
async function stored(ownerId: string, keys: readonly string[]): Promise<Ledger> {
  const [account] = await database.query<{ amount: string }>(
    'select amount from billing_accounts where owner_id = $1',
    [ownerId],
  );
  const outcomes = await database.query<Omit<KnownOutcome, 'replayed'> & { scope: string; idempotency_key: string }>(
    'select scope, idempotency_key, kind, amount::float8, outcome, cause, balance_after::float8 as "balanceAfter" from outcomes where owner_id = $1',
    [ownerId],
  );
  const entries = await ledgerOf(ownerId, keys, 100);
  const balance = Number(account?.amount ?? 0);
  const sum = entries.reduce((total, { amount, isCancelled }) => total + (isCancelled ? 0n : BigInt(amount)), 0n);
  assert.deepEqual([BigInt(account?.amount ?? 0), balance >= 0], [sum, true]);
  return {
    isOpen: account !== undefined,
    balance,
    outcomes: Object.fromEntries(
      outcomes.map(({ scope, idempotency_key, ...outcome }) => [
        `${scope} ${keys.indexOf(idempotency_key)}`,
        { ...outcome, replayed: false },
      ]),
    ),
    entries,
  };
}
