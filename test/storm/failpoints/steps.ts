import type { RoleName } from '../../../roles/role.ts';

/**
 * Which function takes the step: the export itself, the function it returns, methods of the object it returns, a
 * function in one of its arguments, or a method of a library.
 */
export type Hook =
  | { kind: 'export' }
  | { kind: 'returned' }
  | { kind: 'methods'; names: readonly string[] }
  | { kind: 'argument'; index: number; path: readonly string[] }
  | { kind: 'library'; module: string; method: string };

export interface Step {
  name: string;
  /** Only this role passes the failpoints, even if others take the step too. */
  role: RoleName;
  file: string;
  exported: string;
  hook: Hook;
  when?: (...input: never[]) => boolean;
  /** If it returns false, the call had no effect, and the process does not pass the failpoint after the call. */
  hadEffect?: (result: never) => boolean;
}

const method = (...names: string[]): Hook => ({ kind: 'methods', names });
const argument = (index: number, ...path: string[]): Hook => ({ kind: 'argument', index, path });
const itself: Hook = { kind: 'export' };
const returned: Hook = { kind: 'returned' };

const rowsWritten = (rows: readonly unknown[]) => rows.length > 0;
const done = (written: boolean) => written;
const isCancellation = ({ status }: { status: string }) => status === 'CANCELLED';

const ORDERS = { role: 'orders', file: 'api/orders/store.ts', exported: 'createOrderStore' } as const;
const SAGA = { role: 'orders', file: 'api/orders/workflow.ts', exported: 'createSaga' } as const;
const SETTLING = { ...ORDERS, role: 'worker' } as const;
const ASKING = { role: 'worker', file: 'activities/charge.ts', exported: 'createChargeActivities' } as const;
const ANNOUNCING = {
  role: 'worker',
  file: 'activities/announce.ts',
  exported: 'createAnnouncementActivities',
  hook: method('announceOrder'),
} as const;
const PROFILES = { role: 'worker', file: 'activities/profile.ts', exported: 'createProfileActivities' } as const;
const MONEY = { role: 'billing', file: 'api/billing/statements.ts', hook: itself } as const;
const USERS = { role: 'users', file: 'api/users/store.ts', exported: 'createUserStore' } as const;
const MESSAGES = {
  role: 'notifications',
  file: 'api/notifications/store.ts',
  exported: 'createNotificationStore',
} as const;
const AUDIT = { role: 'auditor', file: 'api/auditor/unstarted.ts', hook: argument(1) } as const;

/** Every step, in the order in which orders, profiles and messages reach them. */
export const steps: readonly Step[] = [
  { name: 'place', ...ORDERS, hook: method('place'), hadEffect: ({ kind }: { kind: string }) => kind === 'placed' },
  { name: 'start', ...SAGA, hook: method('awaitOutcome') },
  { name: 'charge', ...ASKING, hook: method('chargeOrder') },
  { name: 'billing.withdraw', ...MONEY, exported: 'withdrawal', hadEffect: rowsWritten },
  { name: 'settle', ...SETTLING, hook: method('settle') },
  { name: 'announce', ...ANNOUNCING, when: (event: { status: string }) => !isCancellation(event) },

  { name: 'cancel-request', ...ORDERS, hook: method('requestCancellation') },
  { name: 'cancel-start', ...SAGA, hook: method('cancelAndWait') },
  { name: 'cancel-charge', ...ASKING, hook: method('cancelCharge') },
  { name: 'billing.refund', ...MONEY, exported: 'refund', hadEffect: rowsWritten },
  { name: 'billing.tombstone', ...MONEY, exported: 'tombstone', hadEffect: rowsWritten },
  { name: 'cancel-settle', ...SETTLING, hook: method('cancel') },
  { name: 'cancel-announce', ...ANNOUNCING, when: isCancellation },

  { name: 'billing.replenish', ...MONEY, exported: 'replenishment', hadEffect: rowsWritten },

  {
    name: 'profile-row',
    ...USERS,
    hook: method('create', 'update'),
    hadEffect: (profile: unknown) => profile !== undefined,
  },
  {
    name: 'profile-start',
    role: 'users',
    file: 'api/users/workflow.ts',
    exported: 'createProfileStarter',
    hook: returned,
  },
  { name: 'profile-mark', ...USERS, hook: method('markStarted') },
  { name: 'profile-open', ...PROFILES, hook: method('openAccount') },
  {
    name: 'billing.open',
    role: 'billing',
    file: 'api/billing/store.ts',
    exported: 'createBillingStore',
    hook: method('open'),
    hadEffect: done,
  },
  { name: 'profile-announce', ...PROFILES, hook: method('announceProfile') },

  { name: 'record', ...MESSAGES, hook: method('record'), hadEffect: done },
  {
    name: 'commit',
    role: 'notifications',
    file: 'lib/kafka/transport.ts',
    exported: 'createTransport',
    hook: { kind: 'library', module: 'kafkajs/src/broker/index.js', method: 'offsetCommit' },
  },
  { name: 'mail-claim', ...MESSAGES, hook: method('claim'), hadEffect: rowsWritten },
  {
    name: 'mail-send',
    role: 'notifications',
    file: 'api/notifications/mailer.ts',
    exported: 'createMailer',
    hook: method('send'),
  },
  { name: 'mail-mark', ...MESSAGES, hook: method('markSent') },
  {
    name: 'dead-letter',
    role: 'notifications',
    file: 'lib/kafka/dead-letters.ts',
    exported: 'withDeadLetters',
    hook: argument(0, 'publisher', 'publish'),
  },

  { name: 'audit-order', ...AUDIT, exported: 'ordersInProgress' },
  { name: 'audit-cancellation', ...AUDIT, exported: 'unfinishedCancellations' },
  { name: 'audit-profile', ...AUDIT, exported: 'unstartedChanges' },
];
