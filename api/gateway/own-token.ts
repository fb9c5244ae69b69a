import { Counter } from 'prom-client';
import { unavailable, type Problem } from '../../lib/http/problem.ts';

const refusals = new Counter({
  name: 'gateway_own_tokens_refused_total',
  help: 'Tokens that auth issued for a session and a role refused during the same request, by role',
  labelNames: ['role'],
});

/**
 * The answer if a role refuses the token that auth has just issued for the session. The buyer is logged in, so the fault
 * is ours: the clocks of auth and the role differ by more than the tolerance, or the role lacks auth's key. A 401 would
 * make the buyer log in again, which would not help. The cause is logged as an error.
 */
export function ownTokenRefused(role: string): Problem {
  refusals.inc({ role });
  return unavailable(
    'Your session is valid, but part of the system cannot confirm it at the moment. Send the same request again',
    new Error(
      `${role} refused a token that auth has just issued. Compare the clocks of auth and ${role}, and check that ` +
        `${role} can read auth's keys`,
    ),
  );
}
