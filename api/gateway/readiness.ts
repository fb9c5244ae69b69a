import type { Upstreams } from './upstreams.ts';

export type RoleState = 'ready' | 'degraded' | 'unready';

/** Longer than a role's own readiness checks take. */
const ANSWER_TIMEOUT_MS = 4_000;

/** Reads each role's readiness. A role that does not respond is unready. */
export async function readRoleStates({ roles, request }: Upstreams): Promise<Record<string, RoleState>> {
  const states = await Promise.all(roles.map(async (role) => [role, await stateOf(role, request)] as const));
  return Object.fromEntries(states);
}

async function stateOf(role: string, request: Upstreams['request']): Promise<RoleState> {
  try {
    const { status, body } = await request(role, {
      method: 'GET',
      path: '/health/ready',
      headers: {},
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    const content = (await body.json()) as { status?: string };
    if (status !== 200) return 'unready';
    return content.status === 'degraded' ? 'degraded' : 'ready';
  } catch {
    // Unreachable, timed out, or not JSON.
    return 'unready';
  }
}
