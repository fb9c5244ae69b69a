import { SESSION_RULES, type SessionRules } from '../api/auth/store.ts';
import { ConfigFault, converted, group, optional, wholeNumber, type Reader } from '../lib/config.ts';

const DAY_S = 86_400;
const DURATION_S = { min: 1, max: 365 * DAY_S };

const readers = group({
  ttlS: wholeNumber('SESSION_TTL_S', 'lifetime of a session', { ...DURATION_S, otherwise: 30 * DAY_S }),
  idleS: optional(
    wholeNumber(
      'SESSION_IDLE_S',
      'a session that is unused for this long ends; at most `SESSION_TTL_S`, and by default never more than that',
      {
        ...DURATION_S,
        otherwise: SESSION_RULES.idleS,
      },
    ),
    String(SESSION_RULES.idleS),
  ),
  perUserMax: wholeNumber('SESSIONS_PER_USER', 'sessions of one user; a login beyond that ends the oldest', {
    min: 1,
    max: 10_000,
    otherwise: SESSION_RULES.perUserMax,
  }),
});

/** How long sessions last, and how many a user may have. */
export const sessionReader: Reader<SessionRules & { ttlS: number }> = converted(
  readers,
  ({ ttlS, idleS = Math.min(SESSION_RULES.idleS, ttlS), perUserMax }) => {
    if (idleS > ttlS)
      throw new ConfigFault(`SESSION_IDLE_S must be at most SESSION_TTL_S, which is ${ttlS}, not "${idleS}"`);
    return { ttlS, idleS, perUserMax };
  },
);
