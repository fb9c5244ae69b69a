import { lines, migrationOf, type Change, type Mutant } from './mutant.ts';

/** Billing takes `charged` instead of the price, and stores the price in the outcome as if all were well. */
const chargesInstead = (charged: string): Change[] => [
  {
    file: 'api/billing/statements.ts',
    find: 'export const withdrawal = (db: PrismaClient, { ownerId, scope, key, amount }: Movement) => db.$queryRaw',
    replace: lines(
      'export const withdrawal = (',
      '  db: PrismaClient,',
      '  { ownerId, scope, key, amount }: Movement,',
      `  charged = ${charged},`,
      ') => db.$queryRaw',
    ),
  },
  {
    file: 'api/billing/statements.ts',
    find: "amount - ${amount}::bigint, refundable = refundable + ${scope === 'order' ? amount : 0}::bigint",
    replace: "amount - ${charged}::bigint, refundable = refundable + ${scope === 'order' ? charged : 0}::bigint",
  },
  {
    file: 'api/billing/statements.ts',
    find: "'withdrawal', -${amount}::bigint from debit",
    replace: "'withdrawal', -${charged}::bigint from debit",
  },
];

/** Mutants of the charge key and the outcome stored under it, and of the amount that is charged. */
export const moneyMutants: readonly Mutant[] = [
  {
    name: 'outcome-key-not-unique',
    summary: 'a second outcome may be stored under a key, so a key that was declined or cancelled can charge',
    caughtBy: ['I4', 'I6', 'I18'],
    changes: [
      {
        file: migrationOf('billing'),
        find: '    constraint outcomes_pkey primary key (owner_id, scope, idempotency_key),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'outcome-do-nothing',
    summary: 'a second outcome under a key is ignored, but its money still moves',
    caughtBy: ['I4', 'I5', 'I6', 'I18'],
    changes: ['debit', 'credit'].map((moved) => ({
      file: 'api/billing/statements.ts',
      find: `  from (select) as request left join ${moved} on true left join ledger on true`,
      replace: `  from (select) as request left join ${moved} on true left join ledger on true on conflict do nothing`,
    })),
  },
  {
    name: 'charge-key-per-attempt',
    summary: 'each retry of a charge has a new key',
    caughtBy: ['I5', 'I6', 'I7'],
    changes: [
      {
        file: 'activities/payment/by-call.ts',
        find: "import { ApplicationFailure } from '@temporalio/common';",
        replace: lines(
          "import { activityInfo } from '@temporalio/activity';",
          "import { ApplicationFailure } from '@temporalio/common';",
        ),
      },
      {
        file: 'activities/payment/by-call.ts',
        find: "headers: { 'idempotency-key': chargeKey(orderId),",
        replace:
          "headers: { 'idempotency-key': chargeKey(activityInfo().attempt === 1 ? orderId : `${orderId}/${activityInfo().attempt}`),",
      },
    ],
  },
  {
    name: 'failed-on-timeout',
    summary: 'a charge without an answer counts as declined',
    caughtBy: ['I6'],
    changes: [
      {
        file: 'activities/payment/by-call.ts',
        find: lines('      body: { userId: ownerId, amount: price },', '      signal,', '    });'),
        replace: lines(
          '      body: { userId: ownerId, amount: price },',
          '      signal,',
          '    }).catch(() => undefined);',
          "      if (!reply) return { outcome: 'DECLINED' };",
        ),
      },
    ],
  },
  {
    name: 'no-tombstone',
    summary:
      'a cancellation that reaches billing before its charge leaves no tombstone, so the late charge takes the money',
    caughtBy: ['I6', 'I18'],
    changes: [
      {
        file: 'api/billing/store.ts',
        find: '    const act = outcome ? refund : tombstone;',
        replace: lines(
          '    const promised = { amount: null, balanceAfter: null, transactionId: null, replayed: false };',
          "    if (!outcome) return { kind: 'withdrawal', outcome: 'CANCELLED', cause, ...promised };",
          '    const act = refund;',
        ),
      },
    ],
  },
  {
    name: 'refund-after-pivot',
    summary: 'a succeeded order is refunded if its announcement takes more than two seconds',
    caughtBy: ['I5'],
    changes: [
      {
        file: 'workflows/order.ts',
        find: '    await step.announceOrder(settled);',
        replace: lines(
          '    let announced = false;',
          '    const announcing = step.announceOrder(settled).then(() => (announced = true));',
          "    if (!(await condition(() => announced, '2s'))) await step.cancelCharge('operator');",
          '    await announcing;',
        ),
      },
      {
        file: 'activities/charge.ts',
        find: "if (status === 'SUCCESS') return cancelCause ?? undefined;",
        replace: "if (status === 'SUCCESS') return cancelCause ?? asked;",
      },
    ],
  },
  {
    name: 'decline-not-stored',
    summary: 'a declined charge stores no outcome, so a retry after a deposit takes the money',
    caughtBy: ['I6', 'I12', 'I18'],
    changes: [
      {
        file: 'api/billing/store.ts',
        find: '    withdraw: (movement: Movement) => move(movement, () => withdrawal(db, movement)),',
        replace: lines(
          '    async withdraw(movement: Movement) {',
          '      const outcome = await move(movement, () => withdrawal(db, movement));',
          '      const { ownerId, scope, key } = movement;',
          '      await db.$executeRaw`',
          '        delete from outcomes where owner_id = ${ownerId}::uuid and scope = ${scope} and idempotency_key = ${key}::uuid',
          "          and outcome = 'DECLINED' and kind = 'withdrawal'`;",
          '      return outcome;',
          '    },',
        ),
      },
    ],
  },
  {
    name: 'one-less-above-a-thousand',
    summary: 'a charge of more than a thousand takes one less than the price',
    caughtBy: ['I5', 'I14'],
    changes: chargesInstead('amount > 1_000 ? amount - 1 : amount'),
  },
  {
    name: 'fifteen-digits',
    summary: 'a charge is rounded to fifteen digits, as a decimal text of a float is',
    caughtBy: ['I5', 'I14'],
    changes: chargesInstead('Number(amount.toPrecision(15))'),
  },
  {
    name: 'cancellation-without-billing',
    summary: "an order is CANCELLED without waiting for billing's promise",
    caughtBy: ['I6'],
    changes: [
      {
        file: 'workflows/cancellation.ts',
        find: '    const decision = decide(await step.cancelCharge(request.cause));',
        replace: lines(
          '    void step.cancelCharge(request.cause);',
          "    const decision = decide({ outcome: 'CANCELLED', cause: request.cause });",
        ),
      },
    ],
  },
];
