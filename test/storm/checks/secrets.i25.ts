import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { roleNames } from '../../../roles/role.ts';
import type { Exchange } from '../clients/history.ts';
import type { World } from '../world/world.ts';
import { violations, type Violation } from './violation.ts';

/** Shorter words could appear by chance. */
const WORD_LENGTH_MIN = 10;
const WORDS = new RegExp(`[A-Za-z\\d]{${WORD_LENGTH_MIN},}`, 'g');

/** The words of the history that identify a person or a secret. */
export function secretWords(exchanges: readonly Exchange[]): Set<string> {
  const texts = exchanges.flatMap(({ request: { operation, body }, response }) => [
    ...(['register', 'login', 'createProfile', 'updateProfile'].includes(operation)
      ? Object.values(body ?? {}).map(String)
      : []),
    ...(operation === 'login' ? [response?.headers['set-cookie']?.split(/[=;]/)[1] ?? ''] : []),
    // Only the signature is secret: header and payload are the same in many tokens.
    ...(operation === 'token' && response?.status === 200
      ? [(response.body.access_token as string).split('.')[2]!]
      : []),
  ]);
  return new Set(texts.flatMap((text) => text.match(WORDS) ?? []));
}

/** The secret words in a text. A URL escape such as `%20` ends a word. */
export const secretsIn = (text: string, secrets: ReadonlySet<string>): string[] => [
  ...new Set((text.replace(/%[\dA-F]{2}/gi, ' ').match(WORDS) ?? []).filter((word) => secrets.has(word))),
];

/** I25: no secret or personal data appears in logs, metrics, refusals, or what Temporal stores unencrypted. */
export async function checkSecrecy(exchanges: readonly Exchange[], world: World): Promise<Violation[]> {
  const secrets = secretWords(exchanges);
  const texts: Array<readonly [where: string, text: string]> = [
    ...(await Promise.all(roleNames.map(async (role) => [`the log of ${role}`, await logOf(world, role)] as const))),
    ...(await Promise.all(
      roleNames.map(async (role) => [`the metrics of ${role}`, await metricsOf(world.operationsUrlOf(role))] as const),
    )),
    ['the workflow list of Temporal', await shownBy(world.temporal.client)],
    [
      'a refusal',
      exchanges
        .map(({ response }) => (response && response.status >= 400 ? JSON.stringify(response.body) : ''))
        .join('\n'),
    ],
  ];
  return texts.flatMap(([where, text]) =>
    violations('I25', secretsIn(text, secrets), (word) => `${where} contains ${word}`),
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
