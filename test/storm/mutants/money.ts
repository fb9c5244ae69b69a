import { lines, migrationOf, type Mutant } from './mutant.ts';

/** Broken around the key of a charge, and what billing remembers under it. */
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
    summary: 'an outcome that is there already is passed over, and the money that was moved with it stays moved',
    caughtBy: ['I4', 'I5', 'I6', 'I18'],
    changes: ['debit', 'credit'].map((moved) => ({
      file: 'api/billing/statements.ts',
      find: `  from asked left join ${moved} on true left join ledger on true`,
      replace: `  from asked left join ${moved} on true left join ledger on true on conflict do nothing`,
    })),
  },
  {
    name: 'charge-key-per-attempt',
    summary: 'each further attempt of a charge has a key of its own',
    caughtBy: ['I5', 'I6', 'I7'],
    changes: [
      {
        file: 'activities/billing.ts',
        find: "import { cancellationSignal } from '@temporalio/activity';",
        replace: "import { activityInfo, cancellationSignal } from '@temporalio/activity';",
      },
      {
        file: 'activities/billing.ts',
        find: "headers: { 'idempotency-key': chargeKey(orderId),",
        replace:
          "headers: { 'idempotency-key': chargeKey(activityInfo().attempt === 1 ? orderId : `${orderId}/${activityInfo().attempt}`),",
      },
    ],
  },
  {
    name: 'failed-on-timeout',
    summary: 'a charge that is not answered is taken for a declined one',
    caughtBy: ['I6'],
    changes: [
      {
        file: 'activities/billing.ts',
        find: lines(
          '        body: { userId: ownerId, amount: price },',
          '        signal: cancellationSignal(),',
          '      });',
        ),
        replace: lines(
          '        body: { userId: ownerId, amount: price },',
          '        signal: cancellationSignal(),',
          '      }).catch(() => undefined);',
          "      if (!reply) return { outcome: 'DECLINED' };",
        ),
      },
    ],
  },
  {
    name: 'no-tombstone',
    summary:
      'the cancellation of a charge that billing has not seen leaves nothing under the key, and a late charge takes the money',
    caughtBy: ['I6', 'I18'],
    changes: [
      {
        file: 'api/billing/store.ts',
        find: lines(
          '    const [buried] = (await unlessDuplicate(() => tombstone(db, key, cause))) ?? [];',
          '    if (buried) return toOutcome(buried, false);',
        ),
        replace: lines(
          '    const promised = { amount: null, balanceAfter: null, transactionId: null, replayed: false };',
          "    if (!(await told(db, key))) return { kind: 'withdrawal', outcome: 'CANCELLED', cause, ...promised };",
        ),
      },
    ],
  },
  {
    name: 'refund-after-pivot',
    summary: 'an order that succeeded gets its money back when its announcement does not come through in two seconds',
    caughtBy: ['I5'],
    changes: [
      {
        file: 'workflows/order.ts',
        find: '    await steps(placed).announceOrder(settled);',
        replace: lines(
          '    let told = false;',
          '    const telling = steps(placed).announceOrder(settled).then(() => (told = true));',
          "    if (!(await condition(() => told, '2s'))) await steps(placed).cancelCharge('operator');",
          '    await telling;',
        ),
      },
      { file: 'activities/billing.ts', find: "row?.status === 'SUCCESS' ? row.cancelCause : cause", replace: 'cause' },
    ],
  },
  {
    name: 'decline-not-stored',
    summary: 'a declined charge leaves no outcome, and is taken after a deposit when it is asked for again',
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
    name: 'cancellation-without-billing',
    summary: "an order is CANCELLED without waiting for billing's promise",
    caughtBy: ['I6'],
    changes: [
      {
        file: 'workflows/cancellation.ts',
        find: '    const decision = decide(await steps(asked).cancelCharge(asked.cause));',
        replace: lines(
          '    void steps(asked).cancelCharge(asked.cause);',
          "    const decision = decide({ outcome: 'CANCELLED', cause: asked.cause });",
        ),
      },
    ],
  },
];
