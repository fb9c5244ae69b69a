import { present } from '../../lib/http/answers.ts';
import type { Call, Handlers } from '../../lib/http/api.ts';
import { loadPage, type Page } from '../../lib/http/page.ts';
import { Problem, type ProblemKind } from '../../lib/http/problem.ts';
import { shareCalls } from '../../lib/shared-answer.ts';
import { problemKinds } from '../../specs/generated/problems.ts';
import { readRoleStates } from './readiness.ts';
import type { Upstreams } from './upstreams.ts';

/** Handlers of the gateway's own operations. */
export function gatewayHandlers(upstreams: Upstreams, ending?: AbortSignal): Handlers<'ready' | 'readProblem'> {
  const page = loadPage('problem');
  // `ready` needs no login, and each reading calls every role. So concurrent requests share one reading.
  const states = shareCalls(() => readRoleStates(upstreams));
  return {
    ready: async (call) => {
      if (ending?.aborted)
        throw new Problem('unavailable', 'unready: ending. Send requests to another instance', {
          headers: { 'retry-after': '1' },
        });
      const roles = await states();
      const found = new Set(Object.values(roles));
      if (found.has('unready'))
        throw new Problem('unavailable', 'Not every role is ready', {
          headers: { 'retry-after': '1' },
          members: { roles },
        });
      present(call, 200, { status: found.has('degraded') ? 'degraded' : 'ready', roles });
    },
    readProblem: async (call) => explain(call, page),
  };
}

/** Responds with HTML if the client prefers it, as browsers do. Most programs accept anything, and get JSON. */
function explain(call: Call<'readProblem'>, page: Page): void {
  const { kind } = call.params;
  if (!Object.hasOwn(problemKinds, kind)) throw new Problem('not-found', 'There is no problem of this kind');
  const { title, status, explanation } = problemKinds[kind as ProblemKind];
  call.ctx.vary('accept');
  if (call.ctx.accepts('json', 'html') === 'html') page(call.ctx, { kind, title, status: String(status), explanation });
  else present(call, 200, { type: `/problems/${kind}`, title, status, explanation });
}
