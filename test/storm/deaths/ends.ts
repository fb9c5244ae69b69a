import assert from 'node:assert/strict';
import { chargeKey } from '../../../specs/identity.ts';
import { profileWorkflowId, orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { mailsTo } from '../../support/shop/inbox.ts';
import type { Buyer } from '../clients/buyer.ts';
import type { DeathShop } from './shop.ts';

type ShopState = Pick<DeathShop, 'databases' | 'temporal' | 'mailUrl'>;

const FIRST_BALANCE = 3_000;
export const PRICE = 5;

/** Asserts that the order succeeded, was paid once and has one notification, and that each mail is a copy of it. */
export async function succeeded(state: ShopState, buyer: Buyer, orderId: string): Promise<void> {
  await isFinal(state, orderId, 'SUCCESS');
  await isCharged(state, buyer, orderId, { outcome: 'CHARGED', balance: FIRST_BALANCE - PRICE, cancelled: false });
  await isNotified(state, buyer, orderId, ['OrderCreated']);
  await isCompleted(state, orderWorkflowId(orderId));
}

/** Asserts that the order was paid, cancelled and refunded once, and that the buyer was notified of both. */
export async function cancelled(state: ShopState, buyer: Buyer, orderId: string): Promise<void> {
  await isFinal(state, orderId, 'CANCELLED');
  await isCharged(state, buyer, orderId, { outcome: 'REFUNDED', balance: FIRST_BALANCE, cancelled: true });
  await isNotified(state, buyer, orderId, ['OrderCancelled', 'OrderCreated']);
  await isCompleted(state, cancelWorkflowId(orderId));
}

/** Asserts that the deposit was made once. */
export async function deposited(
  { databases: { billing } }: ShopState,
  buyer: Buyer,
  key: string,
  amount: number,
): Promise<void> {
  const made = await billing('select amount::integer from transactions where idempotency_key = $1', [key]);
  assert.deepEqual(made, [{ amount }]);
  assert.equal(await balanceOf(billing, buyer.id), FIRST_BALANCE + amount);
}

/** Asserts that each profile change is marked as started, the account is open, and the latest profile is announced. */
export async function announced(state: ShopState, userId: string): Promise<void> {
  const { users, billing } = state.databases;
  assert.deepEqual(await users('select version from profile_changes where user_id = $1', [userId]), []);
  const [profile] = await users<{ version: number }>('select version from profiles where user_id = $1', [userId]);
  assert.ok(profile, 'there is no profile');
  assert.equal((await billing('select from billing_accounts where owner_id = $1', [userId])).length, 1);
  await isCompleted(state, profileWorkflowId(userId, profile.version));
}

/** Asserts that a tombstone blocks the key and that no money was taken under it. */
export async function tombstoned({ databases: { billing } }: ShopState, ownerId: string, key: string): Promise<void> {
  const outcomes = await billing(
    'select outcome, cause, transaction_id from outcomes where owner_id = $1 and idempotency_key = $2',
    [ownerId, key],
  );
  assert.deepEqual(outcomes, [{ outcome: 'CANCELLED', cause: 'buyer', transaction_id: null }]);
}

type Query = ShopState['databases']['billing'];

const balanceOf = async (billing: Query, ownerId: string): Promise<number | undefined> =>
  (await billing<{ amount: number }>('select amount::integer from billing_accounts where owner_id = $1', [ownerId]))[0]
    ?.amount;

async function isFinal({ databases: { orders } }: ShopState, id: string, status: string): Promise<void> {
  assert.deepEqual(await orders('select status, version from orders where id = $1', [id]), [{ status, version: 1 }]);
}

interface Charge {
  outcome: string;
  balance: number;
  cancelled: boolean;
}

async function isCharged(
  { databases: { billing } }: ShopState,
  buyer: Buyer,
  orderId: string,
  { outcome, balance, cancelled }: Charge,
): Promise<void> {
  const key = chargeKey(orderId);
  assert.deepEqual(await billing('select outcome from outcomes where idempotency_key = $1', [key]), [{ outcome }]);
  const moved = await billing(
    'select amount::integer, is_cancelled as cancelled from transactions where idempotency_key = $1',
    [key],
  );
  assert.deepEqual(moved, [{ amount: -PRICE, cancelled }]);
  assert.equal(await balanceOf(billing, buyer.id), balance);
}

async function isNotified(
  { databases: { notifications }, mailUrl }: ShopState,
  { person }: Buyer,
  orderId: string,
  events: string[],
): Promise<void> {
  const rows = await notifications<{ id: string; event: string; status: string }>(
    'select id::text, event_name as event, status from notifications where order_id = $1 order by event_name',
    [orderId],
  );
  // The mail about the order is superseded if it was not sent, or not known to be, when the order was cancelled.
  const superseded = rows.filter(({ status }) => status === 'SUPERSEDED');
  assert.ok(superseded.every(({ event }) => event !== 'OrderCancelled' && events.includes('OrderCancelled')));
  assert.deepEqual(
    rows.map(({ event, status }) => [event, status]),
    events.map((event) => [event, superseded.some((each) => each.event === event) ? 'SUPERSEDED' : 'SENT']),
  );
  const mails = (await mailsTo(person.email, mailUrl)).filter(({ subject }) => subject.includes(orderId));
  const unsent = new Set(superseded.map(({ id }) => id));
  const ids = new Set(mails.map(({ messageId }) => messageId.split('@')[0]!).filter((id) => !unsent.has(id)));
  assert.deepEqual([...ids].sort(), rows.flatMap(({ id }) => (unsent.has(id) ? [] : [id])).sort());
}

async function isCompleted({ temporal: { client } }: ShopState, workflowId: string): Promise<void> {
  assert.equal((await client.workflow.getHandle(workflowId).describe()).status.name, 'COMPLETED');
}
