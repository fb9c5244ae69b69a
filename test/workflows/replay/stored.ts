import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { JSONToPayload, type JSONPayload } from '@temporalio/common/lib/proto-utils.js';
import { format, resolveConfig } from 'prettier';
import type { ActivityCall } from './capture.ts';

/** A recorded history. */
export interface Stored {
  name: string;
  workflowId: string;
  /** The inputs of local activities. They are stored here, because a history holds only the results. */
  localInputs: Array<Omit<ActivityCall, 'kind'>>;
  history: { events: HistoryEvent[] };
}

interface HistoryEvent {
  activityTaskScheduledEventAttributes?: { activityType: { name: string }; input?: { payloads?: JSONPayload[] } };
}

const FOLDER = join(import.meta.dirname, '..', '..', 'histories');
/** The identity that the SDK writes into histories. It names the recording machine, so it is replaced. */
const RECORDER = `${process.pid}@${hostname()}`;

/** Reads all stored histories, sorted by name. */
export async function readStored(): Promise<Stored[]> {
  const files = globSync(join(FOLDER, '*.json')).sort();
  return Promise.all(
    files.map(async (file) => ({
      ...(JSON.parse(await readFile(file, 'utf8')) as Omit<Stored, 'name'>),
      name: basename(file, '.json'),
    })),
  );
}

/** Replaces all stored histories. */
export async function writeStored(all: readonly Stored[]): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  for (const { name, ...content } of all) {
    const file = join(FOLDER, `${name}.json`);
    // Stack traces are left out, because they contain paths of the recording machine.
    const text = JSON.stringify(content, (key, value: unknown) =>
      key === 'stackTrace' ? undefined : value,
    ).replaceAll(RECORDER, 'recorder');
    await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
  }
}

/** The activity calls of a stored history, regular ones first. */
export function callsOf({ history, localInputs }: Pick<Stored, 'history' | 'localInputs'>): ActivityCall[] {
  const regular = history.events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled
      ? [
          {
            activity: scheduled.activityType.name,
            args: (scheduled.input?.payloads ?? []).map(contentOf),
            kind: 'regular' as const,
          },
        ]
      : [],
  );
  return [...regular, ...localInputs.map((call) => ({ ...call, kind: 'local' as const }))];
}

const contentOf = (payload: JSONPayload): unknown => defaultPayloadConverter.fromPayload(JSONToPayload(payload));
