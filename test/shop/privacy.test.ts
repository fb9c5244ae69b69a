/** No log, metric, refusal or readable field of a workflow contains a buyer's personal data or secrets. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Client } from '@temporalio/client';
import {
  answers,
  becomeCustomer,
  beRefused,
  buy,
  leave,
  opsPort,
  secrets,
  shop,
} from '../support/shop/marked-buyer.ts';
import { realTemporal } from '../support/temporal/server.ts';

const temporal = realTemporal();
after(() => temporal.close());

test('logs, metrics, refusals and readable workflow fields contain no personal data and no secret', async () => {
  const cookie = await becomeCustomer();
  const orders = await buy(cookie);
  await beRefused(cookie);
  await leave(cookie);

  const log = await shop.log();
  for (const operation of [
    'register',
    'login',
    'token',
    'changePassword',
    'createProfile',
    'createOrder',
    'replenish',
    'listSessions',
    'deleteProfile',
  ]) {
    assert.match(log, new RegExp(`"operation":"${operation}"`));
  }
  assert.deepEqual(secretsIn(log), [], 'in the log');
  const metrics = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
  assert.match(metrics, /http_request_duration_seconds_count\{[^}]*operation="createOrder"/);
  assert.deepEqual(secretsIn(metrics), [], 'in the metrics');
  assert.deepEqual(
    secretsIn(JSON.stringify(answers.filter(({ status }) => status >= 400).map(({ body }) => body))),
    [],
    'in a refusal',
  );
  assert.deepEqual(
    secretsIn(await workflowsOf(orders, temporal.client)),
    [],
    "in a workflow's fields outside its payloads",
  );
});

/** The secrets that the text contains, as they are or encoded as in a URL, a form or JSON. */
const secretsIn = (text: string): string[] =>
  [...secrets].filter((secret) =>
    [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ x: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
    ].some((each) => text.includes(each)),
  );

/** Everything readable in Temporal's list of workflows. */
async function workflowsOf(orderIds: readonly string[], client: Client): Promise<string> {
  const shown = await Promise.all(
    orderIds.map(async (id) => {
      const { workflowId, type, memo, typedSearchAttributes, taskQueue, raw } = await client.workflow
        .getHandle(`order-${id}`)
        .describe();
      return {
        workflowId,
        type,
        memo,
        attributes: typedSearchAttributes.getAll(),
        taskQueue,
        config: JSON.stringify(raw.executionConfig),
      };
    }),
  );
  assert.equal(shown.length, 2);
  return JSON.stringify(shown, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
