import { migrationOf, type Mutant } from './mutant.ts';

/** Mutants of the work that must follow a row: its workflow, its notification. */
export const followerMutants: readonly Mutant[] = [
  {
    name: 'auditor-off',
    summary: 'the workflow of a row whose writer died is never started',
    caughtBy: ['I8'],
    changes: [
      {
        file: 'api/auditor/reconciler.ts',
        find: 'onFailed }, startMissing);',
        replace: 'onFailed }, async () => {});',
      },
    ],
  },
  {
    name: 'offset-before-row',
    summary: 'the offset of an event is committed before its notification is written',
    caughtBy: ['I15'],
    changes: [
      {
        file: 'lib/kafka/consumer.ts',
        find: '      handle(toReceived({ topic, partition }, message), heartbeat),',
        replace:
          '      consumer.commitOffsets([{ topic, partition, offset: String(BigInt(message.offset) + 1n) }]).then(() => handle(toReceived({ topic, partition }, message), heartbeat)),',
      },
    ],
  },
  {
    name: 'notification-not-unique',
    summary: 'an event that is delivered twice makes two notifications',
    caughtBy: ['I15', 'I17'],
    changes: [
      {
        file: migrationOf('notifications'),
        find: 'create unique index notifications_order_id_event_name_key on',
        replace: 'create index notifications_order_id_event_name_key on',
      },
      { file: 'api/notifications/statements.ts', find: 'values (${id}::uuid,', replace: 'values (gen_random_uuid(),' },
    ],
  },
];
