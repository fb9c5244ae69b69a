/** What an audit compares, by the number that `docs/operations.md` gives it. */
export const invariants = {
  I1: 'a balance is the sum of its ledger',
  I2: 'no balance is below zero',
  I4: 'an order is withdrawn for at most once',
  I5: 'an order that succeeded has one charge of its price',
  I6: 'an order that failed or was cancelled has none',
  I7: 'every charge belongs to an order',
  I8: 'every order has a workflow that ended as it did, and each workflow its order',
  I10: 'the versions of a list have no gap',
  I15: 'the buyer was told what became of an order, once',
  I21: 'every index of the databases is valid',
} as const;

export type Invariant = keyof typeof invariants;
