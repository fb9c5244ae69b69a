import { converted, oneOf, textOr, wholeNumber } from '../lib/config.ts';
import { auditor } from './auditor.ts';
import { auth } from './auth.ts';
import { billing } from './billing.ts';
import { gateway } from './gateway.ts';
import { notifications } from './notifications.ts';
import { orders } from './orders.ts';
import type { Role, RoleName } from './role.ts';
import { users } from './users.ts';
import { worker } from './worker.ts';

export const roles: Record<RoleName, Role> = { auth, users, billing, orders, notifications, worker, auditor, gateway };

/** Settings of a process, whichever roles it runs. */
export const processReaders = {
  logLevel: oneOf('LOG_LEVEL', '`debug`, `info`, `warn` or `error`', ['debug', 'info', 'warn', 'error'], 'info'),
  allowNonDurable: converted(
    textOr(
      'DATABASE_MAY_FORGET',
      '`true` accepts a Postgres that can lose acknowledged writes (`fsync` or `synchronous_commit` off); ' +
        'otherwise the start fails',
      '',
    ),
    (value) => value === 'true',
  ),
  drainMs: wholeNumber(
    'DRAIN_MS',
    'at SIGTERM, how long the process reports unready and still serves everything before it closes its ports: ' +
      'longer than balancers take to stop sending new requests. `npm start` sets 0',
    { min: 0, max: 300_000, otherwise: 3_000 },
  ),
  keepAliveMs: wholeNumber(
    'KEEP_ALIVE_MS',
    'how long a listener keeps an idle connection: longer than any client or balancer in front of it does',
    // At least a second, because responses state it in whole seconds. The roles' own clients close earlier.
    { min: 1_000, max: 86_400_000, otherwise: 620_000 },
  ),
};
