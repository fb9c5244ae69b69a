/** A shop with one order of each final status, and its audits, for the test file that imports this module. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { auditCommand } from '../../../operator/audit/command.ts';
import { orderCommand } from '../../../operator/order/command.ts';
import type { ServiceName } from '../../../prisma/migrate.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import type { Change } from '../postgres/damage.ts';
import { realTemporal } from '../temporal/server.ts';
import { createBuyer } from './buyer.ts';
import { startShop } from './shop.ts';

export const temporal = realTemporal();

export const auditorPort = await freePort();
export const shop = await startShop({
  env: { AUDITOR_PORT: String(auditorPort), AUDIT_COMPARE_EVERY_S: '1', AUDIT_PATIENCE_S: '8' },
});
after(async () => {
  await shop.stop();
  await temporal.close();
});

export const buyer = await createBuyer(shop.url, { balance: 100 });
export const paid: string = (await buyer.order(30, { ifMatch: 0 })).body.id;
export const failed: string = (await buyer.order(3000, { ifMatch: 1 })).body.orderId;
export const cancelled: string = (await buyer.order(5, { ifMatch: 2 })).body.id;
assert.equal((await orderCommand(['cancel', cancelled, '--reason', 'a test'], shop.env)).exitCode, 0);
await eventually(async () => assert.equal((await buyer.notifications()).body.length, 4));

/** Long enough for orders in flight to settle, and short enough that an audit with real drift ends soon. */
const patience = { checksMax: 3, pauseMs: 100 };

export const sql = (service: ServiceName, statement: string) => shop.databases[service].query(statement);
export const audit = (env: Readonly<Record<string, string | undefined>> = shop.env, more = patience) =>
  auditCommand([], env, more);

/** Waits for orders in flight, then fails unless an audit finds nothing. */
export const assertNoDrift = () =>
  eventually(async () => {
    const { text, exitCode } = await audit();
    assert.equal(exitCode, 0, text);
  });

/** Runs an audit and returns the violated invariants. */
export async function broken(): Promise<string[]> {
  const { text, exitCode } = await audit();
  const found = [...text.matchAll(/^ +(I\d+) .* DRIFT \d+$/gm)].map(([, invariant]) => invariant!);
  assert.equal(exitCode, found.length > 0 ? 1 : 0, text);
  return found;
}

/** Damages the data, runs `act` and repairs the damage. */
export async function damaged<T>(service: ServiceName, [damage, repair]: Change, act: () => Promise<T>): Promise<T> {
  for (const statement of damage) await sql(service, statement);
  try {
    return await act();
  } finally {
    for (const statement of repair) await sql(service, statement);
  }
}
