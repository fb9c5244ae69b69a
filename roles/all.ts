import { converted, oneOf, textOr } from '../lib/config.ts';
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
};
