import type { CancelCause, Kind, Outcome, Scope, Transaction } from '../../api/billing/store.ts';
import type { Model } from './model.ts';

/** What is asked of billing. Keys are numbered: each run has its own. */
export type Asked =
  | { ask: Kind; scope: Scope; key: number; amount: number }
  | { ask: 'cancel'; key: number; cause: CancelCause }
  | { ask: 'open' }
  | { ask: 'balance' }
  | { ask: 'ledger'; pageSize: number };

type Move = Extract<Asked, { amount: number }>;
/** All that an outcome says but for the number that the database gives it. */
export type Told = Omit<Outcome, 'transactionId'>;
export type Entry = Pick<Transaction, 'kind' | 'amount' | 'scope' | 'isCancelled'> & { key: number };
export type Answer = Told | boolean | number | Entry[];

export interface Ledger {
  isOpen: boolean;
  balance: number;
  /** By scope and key, for ever. */
  outcomes: Readonly<Record<string, Told>>;
  /** Newest first. */
  entries: readonly Entry[];
}

/** One account as the contract has it: one key, one outcome, for ever; the balance is what the ledger adds up to, and never below 0. */
export const ledgerModel: Model<Ledger, Asked, Answer> = {
  initial: { isOpen: false, balance: 0, outcomes: {}, entries: [] },
  step(ledger, asked) {
    switch (asked.ask) {
      case 'open':
        return [{ ...ledger, isOpen: true }, !ledger.isOpen];
      case 'balance':
        return [ledger, ledger.balance];
      case 'ledger':
        return [ledger, [...ledger.entries]];
      case 'cancel':
        return cancelled(ledger, asked);
      default:
        return replayed(ledger, asked.scope, asked.key) ?? moved(ledger, asked);
    }
  },
};

function replayed(ledger: Ledger, scope: Scope, key: number): [Ledger, Told] | undefined {
  const earlier = ledger.outcomes[`${scope} ${key}`];
  return earlier && [ledger, { ...earlier, replayed: true }];
}

function moved(ledger: Ledger, { ask: kind, scope, key, amount }: Move): [Ledger, Told] {
  const change = kind === 'replenishment' ? amount : -amount;
  const told = { kind, amount, cause: null, replayed: false };
  const fits =
    kind === 'replenishment'
      ? BigInt(ledger.balance) + refundable(ledger) + BigInt(amount) <= Number.MAX_SAFE_INTEGER
      : amount <= ledger.balance;
  if (!fits) return remembered(ledger, scope, key, { ...told, outcome: 'DECLINED', balanceAfter: null });
  const balance = ledger.balance + change;
  // As in the database, an account is there from its first money on.
  const after = {
    ...ledger,
    isOpen: true,
    balance,
    entries: [{ key, scope, kind, amount: change, isCancelled: false }, ...ledger.entries],
  };
  return remembered(after, scope, key, {
    ...told,
    outcome: kind === 'replenishment' ? 'CREDITED' : 'CHARGED',
    balanceAfter: balance,
  });
}

/** What orders could still give back: deposits leave room for it. */
function refundable({ entries }: Ledger): bigint {
  const charges = entries.filter(
    ({ scope, kind, isCancelled }) => scope === 'order' && kind === 'withdrawal' && !isCancelled,
  );
  return charges.reduce((sum, { amount }) => sum - BigInt(amount), 0n);
}

function cancelled(ledger: Ledger, { key, cause }: Extract<Asked, { ask: 'cancel' }>): [Ledger, Told] {
  const earlier = replayed(ledger, 'order', key);
  if (!earlier) {
    return remembered(ledger, 'order', key, {
      kind: 'withdrawal',
      amount: null,
      outcome: 'CANCELLED',
      cause,
      balanceAfter: null,
      replayed: false,
    });
  }
  const [, told] = earlier;
  if (told.outcome !== 'CHARGED') return earlier;
  const isIt = (entry: Entry) => entry.scope === 'order' && entry.key === key;
  const entries = ledger.entries.map((entry) => (isIt(entry) ? { ...entry, isCancelled: true } : entry));
  const after = { ...ledger, balance: ledger.balance + told.amount!, entries };
  return remembered(after, 'order', key, { ...told, outcome: 'REFUNDED', cause, replayed: false });
}

function remembered(ledger: Ledger, scope: Scope, key: number, told: Told): [Ledger, Told] {
  return [{ ...ledger, outcomes: { ...ledger.outcomes, [`${scope} ${key}`]: told } }, told];
}
