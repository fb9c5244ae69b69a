import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Worker, type InjectedSinks } from '@temporalio/worker';
import { bundleWorkflows } from '../../../worker/host.ts';
import type { ActivityCall, CaptureSinks } from './capture.ts';
import { callsOf, type Stored } from './stored.ts';

/** Bundles the workflows with an interceptor that captures activity calls. */
export const bundleForReplay = async (): Promise<string> =>
  (await bundleWorkflows({ interceptors: [fileURLToPath(new URL('capture.ts', import.meta.url))] })).code;

/** The result of replaying a history. */
export interface Replayed {
  fault: Error | undefined;
  calls: ActivityCall[];
}

/** Replays histories with bundled workflows. Needs no server. */
export async function replay(
  code: string,
  histories: ReadonlyArray<Pick<Stored, 'workflowId' | 'history'>>,
): Promise<Replayed[]> {
  const byRun = new Map<string, ActivityCall[]>();
  const sinks: InjectedSinks<CaptureSinks> = {
    capture: {
      called: {
        fn: ({ runId }, call) => void byRun.set(runId, [...(byRun.get(runId) ?? []), call]),
        callDuringReplay: true,
      },
    },
  };
  const replayed: Replayed[] = [];
  for await (const { runId, error } of Worker.runReplayHistories({ workflowBundle: { code }, sinks }, [...histories])) {
    replayed.push({ fault: error, calls: byRun.get(runId) ?? [] });
  }
  return replayed;
}

/**
 * Returns one sentence for each history that does not replay, or whose activities would get other inputs. The inputs
 * need this extra check, because Temporal compares only the names of activities.
 */
export async function faultsOf(code: string, stored: readonly Stored[]): Promise<string[]> {
  const replayed = await replay(code, stored);
  return stored.flatMap((each, n) => {
    const { fault, calls } = replayed[n]!;
    if (fault) return [`${each.name} does not replay: ${fault.message}`];
    const [recorded, current] = [callsOf(each), sorted(calls)];
    const longer = recorded.length > current.length ? recorded : current;
    const at = [...longer.keys()].find((n) => !isDeepStrictEqual(recorded[n], current[n]));
    if (at === undefined) return [];
    return [
      `${each.name} has another input: recorded ${JSON.stringify(recorded[at])}, and the code derives ${JSON.stringify(current[at])}`,
    ];
  });
}

/** Puts regular activities first. The JSON round trip drops undefined fields, as a history does. */
const sorted = (calls: readonly ActivityCall[]): ActivityCall[] =>
  (JSON.parse(JSON.stringify(calls)) as ActivityCall[])
    .toSorted((one, other) => other.kind.localeCompare(one.kind))
    .map(({ activity, args, kind }) => ({ activity, args, kind }));
