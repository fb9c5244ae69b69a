import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { JSONToPayload, type JSONPayload } from '@temporalio/common/lib/proto-utils.js';
import { format, resolveConfig } from 'prettier';
import type { Asked } from './capture.ts';

/** A history as it is kept in a file of its own. */
export interface Stored {
  name: string;
  workflowId: string;
  /** What was asked of local activities, in order: a history has their answers only. */
  localInputs: Array<Omit<Asked, 'kind'>>;
  /** As Temporal's tools show and take it. */
  history: { events: HistoryEvent[] };
}

interface HistoryEvent {
  activityTaskScheduledEventAttributes?: { activityType: { name: string }; input?: { payloads?: JSONPayload[] } };
}

const FOLDER = join(import.meta.dirname, '..', 'histories');
/** By this a worker and a client call themselves. Who recorded a history is nobody's business, and different each time. */
const RECORDER = `${process.pid}@${hostname()}`;

/** All that is kept, by name. */
export async function readStored(): Promise<Stored[]> {
  const files = globSync(join(FOLDER, '*.json')).sort();
  return Promise.all(
    files.map(async (file) => ({
      ...(JSON.parse(await readFile(file, 'utf8')) as Omit<Stored, 'name'>),
      name: basename(file, '.json'),
    })),
  );
}

/** Replaces all that is kept. */
export async function writeStored(all: readonly Stored[]): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  for (const { name, ...content } of all) {
    const file = join(FOLDER, `${name}.json`);
    // A stack tells where the files of the one who recorded it are.
    const text = JSON.stringify(content, (key, value: unknown) =>
      key === 'stackTrace' ? undefined : value,
    ).replaceAll(RECORDER, 'recorder');
    await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
  }
}

/** What the history has of the inputs of its activities, and beside it those of local ones. */
export function inputsOf({ history, localInputs }: Pick<Stored, 'history' | 'localInputs'>): Asked[] {
  const regular = history.events.flatMap(({ activityTaskScheduledEventAttributes: asked }) =>
    asked
      ? [
          {
            activity: asked.activityType.name,
            args: (asked.input?.payloads ?? []).map(contentOf),
            kind: 'regular' as const,
          },
        ]
      : [],
  );
  return [...regular, ...localInputs.map((asked) => ({ ...asked, kind: 'local' as const }))];
}

const contentOf = (payload: JSONPayload): unknown => defaultPayloadConverter.fromPayload(JSONToPayload(payload));
