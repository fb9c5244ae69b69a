/**
 * Sends every operation with the token of every role for every audience, with a buyer's token and without a token, and
 * compares the responses with docs/authorisation.md.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { roleNames, type RoleName } from '../../roles/role.ts';
import { authorisationPage } from '../../tools/authorisation.ts';
import { eventually } from '../support/eventually.ts';
import { createContractClient, outcomeOf } from '../support/requests/contract-client.ts';
import { isWrite, operations, type Operation } from '../support/requests/operations.ts';
import { createScene, pathOf, requests, type Scene } from '../support/requests/scene.ts';
import { keySetOf, newKey } from '../support/requests/tokens.ts';
import { startOpenShop, type OpenShop } from '../support/shop/open.ts';

const CONCURRENCY = 8;
const page = readFileSync('docs/authorisation.md', 'utf8');
const keys = Object.fromEntries(roleNames.map((role) => [role, newKey()])) as Record<RoleName, string>;
/** Buyers' tokens have the audience `order-saga`. A token for several roles is for none. */
const audiences: readonly (string | string[])[] = [...roleNames, 'order-saga', [...roleNames]];
/** What no other request changes meanwhile. */
const TABLES = {
  auth: ['credentials', 'sessions'],
  users: ['profiles'],
  orders: ['orders'],
  billing: ['billing_accounts', 'transactions', 'outcomes'],
} as const;

interface Request {
  operation: Operation;
  /** `nobody`, `buyer`, or a role with the audience of its token. */
  caller: string;
  token: string | undefined;
  /** `accepted`, or the outcome of a refusal. */
  expected: string;
}

let shop: OpenShop;
let scene: Scene;
let ownersToken: string;

before(async () => {
  const variables = Object.entries(keys).map(([role, key]) => [`${role.toUpperCase()}_SERVICE_KEY`, key]);
  shop = await startOpenShop({ ...Object.fromEntries(variables), SERVICE_JWKS: JSON.stringify(keySetOf(keys)) });
  const created = await createScene(shop.url);
  scene = created;
  ownersToken = await created.owner.token();
});
after(() => shop?.stop());

test('the page has a row for every operation, and is generated from the document', async () => {
  assert.equal(page, await authorisationPage());
  assert.deepEqual([...tableOf(page).keys()].sort(), operations.map(({ id }) => id).sort());
});

test('every request that the page says is refused is refused, and has no effect', async () => {
  const refused = allRequests().filter(({ expected }) => expected !== 'accepted');
  assert.ok(refused.length > 1_500, String(refused.length));
  await eventually(isQuiet);
  const stored = await rows();
  const surprises = await surprisesAmong(refused);
  assert.deepEqual(surprises, []);
  assert.deepEqual(await rows(), stored);
});

test('every request that the page says is accepted is accepted', async () => {
  const accepted = allRequests().filter(({ expected }) => expected === 'accepted');
  assert.deepEqual(
    accepted
      .filter(({ operation }) => operation.roles.length > 0)
      .map(({ operation, caller }) => `${caller} ${operation.id}`),
    [
      'buyer readUser',
      'notifications users readUser',
      'worker users readUser',
      'buyer readOrder',
      'worker orders readOrder',
      'buyer orderEvents',
      'worker orders orderEvents',
      'worker orders cancelOrder',
      'worker billing openAccount',
      'worker billing replenish',
      'worker billing withdraw',
      'worker billing cancelWithdrawal',
    ],
  );
  assert.deepEqual(await surprisesAmong(accepted), []);
});

test('the gateway refuses every role for every audience, and a caller without a token', async () => {
  const guarded = allRequests().filter(({ operation, caller }) => operation.callers.length > 0 && caller !== 'buyer');
  const atGateway = guarded.map((request) => ({ ...request, expected: '401 unauthenticated' }));
  assert.deepEqual(await surprisesAmong(atGateway, () => shop.url), []);
});

/** The cells of each operation's row, by column. */
function tableOf(text: string): Map<string, Record<string, string>> {
  const cellsOf = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const columns = cellsOf(lines.find((line) => cellsOf(line)[0] === 'operation')!);
  return new Map(
    lines
      .filter((line) => cellsOf(line)[0]!.includes(': `'))
      .map((line) => {
        const cells = cellsOf(line);
        return [cells[0]!.split(':')[0]!, Object.fromEntries(columns.map((column, n) => [column, cells[n]!]))];
      }),
  );
}

function allRequests(): Request[] {
  const table = tableOf(page);
  return operations.flatMap((operation) => {
    const row = table.get(operation.id)!;
    const request = (caller: string, token?: string, audience?: string | string[]): Request => ({
      operation,
      caller: `${caller} ${String(audience ?? '')}`.trim(),
      token,
      expected: expectedOf(row[caller]!, audience === undefined || audience === row['role asked']),
    });
    return [
      request('nobody'),
      // Some buyers' requests succeed only once, so a separate test sends them.
      ...(row['buyer'] === 'yes' && isWrite(operation) ? [] : [request('buyer', ownersToken)]),
      ...roleNames.flatMap((role) => audiences.map((audience) => request(role, tokenOf(role, audience), audience))),
    ];
  });
}

function expectedOf(cell: string, isForAskedRole: boolean): string {
  if (cell === 'any' || cell === 'yes') return 'accepted';
  if (cell === '401' || !isForAskedRole) return '401 unauthenticated';
  return cell === '403' ? '403 forbidden' : 'accepted';
}

const tokenOf = (role: RoleName, audience: string | string[]): string =>
  jwt.sign({}, keys[role], {
    algorithm: 'ES256',
    keyid: role,
    issuer: 'order-saga/service',
    audience,
    subject: role,
    jwtid: 'x',
    expiresIn: 60,
  });

/** Requests whose outcome differs from the expected one. */
async function surprisesAmong(
  sent: readonly Request[],
  urlOf = ({ role }: Operation): string => shop.serviceOf(role),
): Promise<string[]> {
  const queue = [...sent];
  const surprises: string[] = [];
  const sendAll = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const outcome = await outcomeAt(urlOf(next.operation), next);
      const isAccepted = !/^40[13] (unauthenticated|forbidden)$/.test(outcome);
      if (next.expected === 'accepted' ? !isAccepted : outcome !== next.expected)
        surprises.push(`${next.operation.id} by ${next.caller}: ${outcome}, not ${next.expected}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sendAll));
  return surprises;
}

async function outcomeAt(url: string, { operation: { id, method, path }, token }: Request): Promise<string> {
  const { query = '', headers, body } = requests[id]?.(scene) ?? {};
  const authorization = token && { authorization: `Bearer ${token}` };
  const sent = { headers: { ...headers, ...authorization }, body };
  return outcomeOf(await createContractClient(url)(id, method, pathOf(path, scene) + query, sent));
}

/** Everything that buyers own, except what the app changes by itself after an order. */
async function rows(): Promise<unknown> {
  const found = Object.entries(TABLES).flatMap(([service, tables]) =>
    tables.map((table) => shop.databases[service as keyof typeof TABLES].query(`select * from ${table} order by 1, 2`)),
  );
  return Promise.all(found);
}

/** The order of the scene has been announced, and its buyers' profiles published. */
async function isQuiet(): Promise<void> {
  const pending = [
    await shop.databases.notifications.query(`select from notifications where status = 'PENDING'`),
    await shop.databases.users.query('select from profile_changes'),
  ];
  assert.deepEqual(pending, [[], []]);
}
