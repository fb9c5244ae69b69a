import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { roleNames } from '../../../bin/role.ts';
import type { Exchange } from '../clients/history.ts';
import type { World } from '../world/world.ts';
import { violations, type Violation } from './violation.ts';

/** Shorter words may stand anywhere by chance. */
const WORD_LENGTH_MIN = 10;
const WORDS = new RegExp(`[A-Za-z\\d]{${WORD_LENGTH_MIN},}`, 'g');

/** The words by which a person or a secret of the history would be known wherever it came to stand, in whatever form. */
export function tellingWords(exchanges: readonly Exchange[]): Set<string> {
  const texts = exchanges.flatMap(({ asked: { operation, body }, answer }) => [
    ...(['register', 'login', 'createProfile', 'updateProfile'].includes(operation)
      ? Object.values(body ?? {}).map(String)
      : []),
    ...(operation === 'login' ? [answer?.headers['set-cookie']?.split(/[=;]/)[1] ?? ''] : []),
    // The rest of a token says what it is, and is the same in many.
    ...(operation === 'token' && answer?.status === 200 ? [(answer.body.access_token as string).split('.')[2]!] : []),
  ]);
  return new Set(texts.flatMap((text) => text.match(WORDS) ?? []));
}

/** The telling words that a text has. What is escaped, as in an address, is no part of a word. */
export const foundIn = (text: string, telling: ReadonlySet<string>): string[] => [
  ...new Set((text.replace(/%[\dA-F]{2}/gi, ' ').match(WORDS) ?? []).filter((word) => telling.has(word))),
];

/** What is personal or secret in the logs, in the metrics, and in what Temporal shows of a workflow without its payloads. */
export async function brokenSecrecy(exchanges: readonly Exchange[], world: World): Promise<Violation[]> {
  const telling = tellingWords(exchanges);
  const texts: Array<readonly [where: string, text: string]> = [
    ...(await Promise.all(roleNames.map(async (role) => [`the log of ${role}`, await logOf(world, role)] as const))),
    ...(await Promise.all(
      roleNames.map(async (role) => [`the metrics of ${role}`, await metricsOf(world.operationsUrlOf(role))] as const),
    )),
    ['what Temporal shows', await shownBy(world.temporal.client)],
    [
      'a refusal',
      exchanges.map(({ answer }) => (answer && answer.status >= 400 ? JSON.stringify(answer.body) : '')).join('\n'),
    ],
  ];
  return texts.flatMap(([where, text]) =>
    violations('I25', foundIn(text, telling), (word) => `${where} holds ${word}`),
  );
}

async function logOf({ dir }: World, role: string): Promise<string> {
  const files = (await readdir(join(dir, role))).filter((name) => name.includes('.log'));
  return (await Promise.all(files.map((name) => readFile(join(dir, role, name), 'utf8')))).join('\n');
}

const metricsOf = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

async function shownBy(client: Client): Promise<string> {
  const shown: string[] = [];
  for await (const { workflowId, type, memo, typedSearchAttributes } of client.workflow.list({ pageSize: 1_000 })) {
    shown.push(JSON.stringify([workflowId, type, memo, typedSearchAttributes.getAll()]));
  }
  return shown.join('\n');
}
