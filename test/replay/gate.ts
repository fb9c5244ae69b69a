import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Worker, type InjectedSinks } from '@temporalio/worker';
import { bundleWorkflows } from '../../activities/worker.ts';
import type { Asked, CaptureSinks } from './capture.ts';
import { inputsOf, type Stored } from './stored.ts';

/** The workflows as they run in production, with ears. */
export const bundleForReplay = async (): Promise<string> =>
  (await bundleWorkflows({ interceptors: [fileURLToPath(new URL('capture.ts', import.meta.url))] })).code;

/** How the code of today takes a history of then. */
export interface Replayed {
  fault: Error | undefined;
  /** What it asked its activities for. */
  asked: Asked[];
}

/** Runs the workflows of a bundle on histories. Needs no server. */
export async function replay(
  code: string,
  histories: ReadonlyArray<Pick<Stored, 'workflowId' | 'history'>>,
): Promise<Replayed[]> {
  const byRun = new Map<string, Asked[]>();
  const sinks: InjectedSinks<CaptureSinks> = {
    capture: {
      asked: {
        fn: ({ runId }, asked) => void byRun.set(runId, [...(byRun.get(runId) ?? []), asked]),
        callDuringReplay: true,
      },
    },
  };
  const replayed: Replayed[] = [];
  for await (const { runId, error } of Worker.runReplayHistories({ workflowBundle: { code }, sinks }, [...histories])) {
    replayed.push({ fault: error, asked: byRun.get(runId) ?? [] });
  }
  return replayed;
}

/**
 * What is wrong with these histories under this code: one sentence for each that does not replay, or whose activities would be asked
 * for something else. Temporal itself compares the names of activities, and not what they are asked for.
 */
export async function faultsOf(code: string, stored: readonly Stored[]): Promise<string[]> {
  const replayed = await replay(code, stored);
  return stored.flatMap((each, n) => {
    const { fault, asked } = replayed[n]!;
    if (fault) return [`${each.name} does not replay: ${fault.message}`];
    const [was, is] = [inputsOf(each), sorted(asked)];
    const at = [...(was.length > is.length ? was : is).keys()].find((n) => !isDeepStrictEqual(was[n], is[n]));
    if (at === undefined) return [];
    return [
      `${each.name} has another input: recorded ${JSON.stringify(was[at])}, and the code derives ${JSON.stringify(is[at])}`,
    ];
  });
}

/** As they are stored: those of regular activities first. Undefined fields do not survive the way through a history. */
const sorted = (asked: readonly Asked[]): Asked[] =>
  (JSON.parse(JSON.stringify(asked)) as Asked[])
    .toSorted((one, other) => other.kind.localeCompare(one.kind))
    .map(({ activity, args, kind }) => ({ activity, args, kind }));
