import { randomBytes, randomUUID } from 'node:crypto';
import { join, relative } from 'node:path';
import { INBOX_USER } from '../servers/mail-password.ts';
import type { MailServer } from '../servers/mail.ts';
import type { Servers } from './stack-env.ts';

/** Addresses, and commands to try. */
export function welcome({
  url,
  servers,
  env,
  dir,
  cookies,
  seconds,
}: {
  url: string;
  servers: Servers;
  env: Record<string, string>;
  dir: string;
  /** For curl. */
  cookies: string;
  seconds: number;
}): string {
  const addresses: Array<[string, string | undefined]> = [
    ['Shop API', url],
    ['API reference', `${url}/docs`],
    ['Temporal Web UI', servers.temporal?.uiUrl ?? `(yours, at ${env['TEMPORAL_ADDRESS']})`],
    ['Mail inbox', servers.mail ? inboxLine(servers.mail) : `(your own mail server)`],
    ['App log', relative(process.cwd(), join(dir, 'app.log'))],
  ];
  return [
    '',
    `Ready in ${seconds.toFixed(1)} s.`,
    '',
    ...addresses.map(([name, address]) => `  ${name.padEnd(16)} ${address}`),
    '',
    'Register, log in, create a profile, top up, order. You can paste these lines as they are:',
    '',
    ...firstOrder(url, cookies),
    '',
    'Ctrl-C stops everything; the data stays. `npm start -- --fresh` deletes it first.',
    '',
  ].join('\n');
}

const inboxLine = ({ webUrl, password }: MailServer): string => `${webUrl} (user ${INBOX_USER}, password ${password})`;

/** Random names and keys, so the requests also work on existing data. */
function firstOrder(url: string, cookies: string): string[] {
  const username = `buyer-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(9).toString('base64url');
  const profile = {
    username,
    firstName: 'Ada',
    lastName: 'Buyer',
    email: `${username}@example.com`,
    phone: '+15550100',
  };
  const send = (method: string, path: string, body: object, headers: string[] = []) =>
    [
      'curl',
      '-sS',
      '-b',
      quote(cookies),
      '-X',
      method,
      quote(url + path),
      ...['content-type: application/json', ...headers].flatMap((header) => ['-H', quote(header)]),
      '-d',
      quote(JSON.stringify(body)),
      '-w',
      quote('\\n'),
    ].join(' ');
  return [
    send('POST', '/auth/register', { username, password }),
    send('POST', '/auth/login', { username, password }).replace('-sS -b', '-sS -c'),
    send('POST', '/api/v1/user', profile),
    send('PUT', '/payments/replenishments', { amount: 100 }, [`idempotency-key: ${randomUUID()}`]),
    send('POST', '/orders', { price: 5 }, ['if-match: 0', `idempotency-key: ${randomUUID()}`]),
  ];
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
