import type { Upstreams } from './upstreams.ts';

export type RoleState = 'ready' | 'degraded' | 'unready';

/** Longer than a role waits for what it asks itself. */
const ANSWER_TIMEOUT_MS = 4_000;

/** How each role behind the gateway is doing, by its own word. One that says nothing is not ready. */
export async function askRoles({ roles, ask }: Upstreams): Promise<Record<string, RoleState>> {
  const states = await Promise.all(roles.map(async (role) => [role, await stateOf(role, ask)] as const));
  return Object.fromEntries(states);
}

async function stateOf(role: string, ask: Upstreams['ask']): Promise<RoleState> {
  try {
    const { status, body } = await ask(role, {
      method: 'GET',
      path: '/health/ready',
      headers: {},
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    const told = (await body.json()) as { status?: string };
    if (status !== 200) return 'unready';
    return told.status === 'degraded' ? 'degraded' : 'ready';
  } catch {
    // Not reached, too late, or no answer that could be read: all of it is the answer.
    return 'unready';
  }
}
