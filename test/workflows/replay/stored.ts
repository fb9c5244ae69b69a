import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
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
  const names = globSync(join(FOLDER, '*.json')).map((file) => basename(file, '.json'));
  return Promise.all(
    names.sort().map(async (name) => ({
      ...(JSON.parse(await readFile(fileOf(name), 'utf8')) as Omit<Stored, 'name'>),
      name,
    })),
  );
}

export const isStored = (name: string): boolean => existsSync(fileOf(name));

const fileOf = (name: string): string => join(FOLDER, `${name}.json`);

/** Adds histories, or replaces those of the same names. */
export async function writeStored(all: readonly Stored[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const { name, ...content } of all) {
    const file = fileOf(name);
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
