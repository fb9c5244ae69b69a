import type { RoleName } from '../../../bin/role.ts';

/** Where in what a module exports a step is taken: by the export itself, by something that it answers, or by something that it is handed. */
export type Place =
  | { kind: 'export' }
  | { kind: 'answer' }
  | { kind: 'methods'; of: readonly string[] }
  | { kind: 'argument'; at: number; path: readonly string[] }
  | { kind: 'library'; module: string; method: string };

/** One step of the product: afterwards something is so that was not before, and the role may die on either side of it. */
export interface Step {
  name: string;
  /** The role that takes it. Where another one takes the same step, its process passes no failpoint. */
  role: RoleName;
  file: string;
  exported: string;
  place: Place;
  /** Which calls are this step. All, where it is left out. */
  when?: (...input: never[]) => boolean;
  /** Whether the call had an effect, told by its answer: without one there is nothing to die after. */
  had?: (answer: never) => boolean;
}

const method = (...of: string[]): Place => ({ kind: 'methods', of });
const handed = (at: number, ...path: string[]): Place => ({ kind: 'argument', at, path });
const itself: Place = { kind: 'export' };
const answered: Place = { kind: 'answer' };

const rowsWritten = (rows: readonly unknown[]) => rows.length > 0;
const done = (written: boolean) => written;
const isCancellation = ({ status }: { status: string }) => status === 'CANCELLED';

const ORDERS = { role: 'orders', file: 'api/orders/store.ts', exported: 'createOrderStore' } as const;
const SAGA = { role: 'orders', file: 'api/orders/saga.ts', exported: 'createSaga' } as const;
const SETTLING = { ...ORDERS, role: 'worker' } as const;
const ASKING = { role: 'worker', file: 'activities/billing.ts', exported: 'createBillingActivities' } as const;
const ANNOUNCING = {
  role: 'worker',
  file: 'activities/announcement.ts',
  exported: 'createAnnouncementActivities',
  place: method('announceOrder'),
} as const;
const PROFILES = { role: 'worker', file: 'activities/profile.ts', exported: 'createProfileActivities' } as const;
const MONEY = { role: 'billing', file: 'api/billing/statements.ts', place: itself } as const;
const USERS = { role: 'users', file: 'api/users/store.ts', exported: 'createUserStore' } as const;
const MESSAGES = {
  role: 'notifications',
  file: 'api/notifications/store.ts',
  exported: 'createNotificationStore',
} as const;
const AUDIT = { role: 'auditor', file: 'api/auditor/sources.ts', place: handed(1) } as const;

/** Every step at which a role is killed, in the order in which an order, a profile and a message meet them. */
export const steps: readonly Step[] = [
  { name: 'place', ...ORDERS, place: method('place'), had: ({ kind }: { kind: string }) => kind === 'placed' },
  { name: 'start', ...SAGA, place: method('outcome') },
  { name: 'charge', ...ASKING, place: method('chargeOrder') },
  { name: 'billing.withdraw', ...MONEY, exported: 'withdrawal', had: rowsWritten },
  { name: 'settle', ...SETTLING, place: method('settle') },
  { name: 'announce', ...ANNOUNCING, when: (told: { status: string }) => !isCancellation(told) },

  { name: 'cancel-request', ...ORDERS, place: method('requestCancellation') },
  { name: 'cancel-start', ...SAGA, place: method('cancelled') },
  { name: 'cancel-charge', ...ASKING, place: method('cancelCharge') },
  { name: 'billing.refund', ...MONEY, exported: 'refund', had: rowsWritten },
  { name: 'billing.tombstone', ...MONEY, exported: 'tombstone', had: rowsWritten },
  { name: 'cancel-settle', ...SETTLING, place: method('cancel') },
  { name: 'cancel-announce', ...ANNOUNCING, when: isCancellation },

  { name: 'billing.replenish', ...MONEY, exported: 'replenishment', had: rowsWritten },

  {
    name: 'profile-row',
    ...USERS,
    place: method('create', 'update'),
    had: (profile: unknown) => profile !== undefined,
  },
  {
    name: 'profile-start',
    role: 'users',
    file: 'api/users/workflow.ts',
    exported: 'createProfileStarter',
    place: answered,
  },
  { name: 'profile-mark', ...USERS, place: method('markStarted') },
  { name: 'profile-open', ...PROFILES, place: method('openAccount') },
  {
    name: 'billing.open',
    role: 'billing',
    file: 'api/billing/store.ts',
    exported: 'createBillingStore',
    place: method('open'),
    had: done,
  },
  { name: 'profile-announce', ...PROFILES, place: method('announceProfile') },

  { name: 'record', ...MESSAGES, place: method('record'), had: done },
  {
    name: 'commit',
    role: 'notifications',
    file: 'lib/kafka.ts',
    exported: 'createTransport',
    place: { kind: 'library', module: 'kafkajs/src/broker/index.js', method: 'offsetCommit' },
  },
  { name: 'mail-claim', ...MESSAGES, place: method('claim'), had: rowsWritten },
  {
    name: 'mail-send',
    role: 'notifications',
    file: 'api/notifications/mailer.ts',
    exported: 'createMailer',
    place: method('send'),
  },
  { name: 'mail-mark', ...MESSAGES, place: method('sent') },
  {
    name: 'dead-letter',
    role: 'notifications',
    file: 'lib/dead-letters.ts',
    exported: 'settingPoisonAside',
    place: handed(0, 'publisher', 'publish'),
  },

  { name: 'audit-order', ...AUDIT, exported: 'ordersWithoutEnd' },
  { name: 'audit-cancellation', ...AUDIT, exported: 'unfinishedCancellations' },
  { name: 'audit-profile', ...AUDIT, exported: 'unstartedChanges' },
];
