import type { Kind, Outcome, Scope, Transaction } from '../../../api/billing/movement.ts';
import type { CancelCause } from '../../../specs/temporal.ts';
import type { Model } from './model.ts';

/** A call to billing. Keys are numbers, which each run maps to its own UUIDs. */
export type Command =
  | { action: Kind; scope: Scope; key: number; amount: number }
  | { action: 'cancel'; key: number; cause: CancelCause }
  | { action: 'open' }
  | { action: 'balance' }
  | { action: 'ledger'; pageSize: number };

type Move = Extract<Command, { amount: number }>;
/** An outcome without the transaction id, which the database assigns. */
export type KnownOutcome = Omit<Outcome, 'transactionId'>;
export type Entry = Pick<Transaction, 'kind' | 'amount' | 'scope' | 'isCancelled'> & { key: number };
export type Answer = KnownOutcome | boolean | number | Entry[];

export interface Ledger {
  isOpen: boolean;
  balance: number;
  outcomes: Readonly<Record<string, KnownOutcome>>;
  /** Newest first. */
  entries: readonly Entry[];
}

/** An account as the contract describes it: a key keeps its outcome, and the balance is never negative. */
export const ledgerModel: Model<Ledger, Command, Answer> = {
  initial: { isOpen: false, balance: 0, outcomes: {}, entries: [] },
  step(ledger, command) {
    switch (command.action) {
      case 'open':
        return [{ ...ledger, isOpen: true }, !ledger.isOpen];
      case 'balance':
        return [ledger, ledger.balance];
      case 'ledger':
        return [ledger, [...ledger.entries]];
      case 'cancel':
        return cancelled(ledger, command);
      default:
        return replayed(ledger, command.scope, command.key) ?? moved(ledger, command);
    }
  },
};

function replayed(ledger: Ledger, scope: Scope, key: number): [Ledger, KnownOutcome] | undefined {
  const earlier = ledger.outcomes[`${scope} ${key}`];
  return earlier && [ledger, { ...earlier, replayed: true }];
}

function moved(ledger: Ledger, { action: kind, scope, key, amount }: Move): [Ledger, KnownOutcome] {
  const change = kind === 'replenishment' ? amount : -amount;
  const outcome = { kind, amount, cause: null, replayed: false };
  const isPossible =
    kind === 'replenishment'
      ? BigInt(ledger.balance) + refundable(ledger) + BigInt(amount) <= Number.MAX_SAFE_INTEGER
      : amount <= ledger.balance;
  if (!isPossible) return withOutcome(ledger, scope, key, { ...outcome, outcome: 'DECLINED', balanceAfter: null });
  const balance = ledger.balance + change;
  // As in the database, the first deposit creates the account.
  const after = {
    ...ledger,
    isOpen: true,
    balance,
    entries: [{ key, scope, kind, amount: change, isCancelled: false }, ...ledger.entries],
  };
  return withOutcome(after, scope, key, {
    ...outcome,
    outcome: kind === 'replenishment' ? 'CREDITED' : 'CHARGED',
    balanceAfter: balance,
  });
}

/** The refunds if every charged order were cancelled. A deposit is declined if the balance could not also hold them. */
function refundable({ entries }: Ledger): bigint {
  const charges = entries.filter(
    ({ scope, kind, isCancelled }) => scope === 'order' && kind === 'withdrawal' && !isCancelled,
  );
  return charges.reduce((sum, { amount }) => sum - BigInt(amount), 0n);
}

function cancelled(ledger: Ledger, { key, cause }: Extract<Command, { action: 'cancel' }>): [Ledger, KnownOutcome] {
  const earlier = replayed(ledger, 'order', key);
  if (!earlier) {
    return withOutcome(ledger, 'order', key, {
      kind: 'withdrawal',
      amount: null,
      outcome: 'CANCELLED',
      cause,
      balanceAfter: null,
      replayed: false,
    });
  }
  const [, outcome] = earlier;
  if (outcome.outcome !== 'CHARGED') return earlier;
  const isIt = (entry: Entry) => entry.scope === 'order' && entry.key === key;
  const entries = ledger.entries.map((entry) => (isIt(entry) ? { ...entry, isCancelled: true } : entry));
  const after = { ...ledger, balance: ledger.balance + outcome.amount!, entries };
  return withOutcome(after, 'order', key, { ...outcome, outcome: 'REFUNDED', cause, replayed: false });
}

function withOutcome(ledger: Ledger, scope: Scope, key: number, outcome: KnownOutcome): [Ledger, KnownOutcome] {
  return [{ ...ledger, outcomes: { ...ledger.outcomes, [`${scope} ${key}`]: outcome } }, outcome];
}
