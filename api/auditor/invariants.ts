/** What an audit checks, numbered as in `docs/reliability.md`. */
export const invariants = {
  I1: 'every balance equals the sum of its ledger',
  I2: 'no balance is negative',
  I4: 'every order is charged at most once',
  I5: 'every SUCCESS order has one charge, of its price',
  I6: 'no FAILED or CANCELLED order has a charge',
  I7: 'every charge belongs to an order',
  I8: 'every order has a workflow with its status, and every workflow an order',
  I10: 'the versions of an order list have no gaps',
  I15: 'the buyer was notified of every final status, once',
  I21: 'every database index is valid',
} as const;

export type Invariant = keyof typeof invariants;
