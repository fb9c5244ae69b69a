import assert from 'node:assert/strict';
import { cancelWorkflowId, chargeKey, orderWorkflowId, profileWorkflowId } from '../../../specs/identity.ts';
import { mailsTo } from '../../support/inbox.ts';
import type { Buyer } from '../clients/buyer.ts';
import type { MortalShop } from './shop.ts';

type Eyes = Pick<MortalShop, 'databases' | 'temporal' | 'mailUrl'>;

const FIRST_BALANCE = 3_000;
export const PRICE = 5;

/** The order has succeeded, was paid once, and the buyer was told so by one message, of which each mail is a copy. */
export async function succeeded(eyes: Eyes, buyer: Buyer, orderId: string): Promise<void> {
  await isFinal(eyes, orderId, 'SUCCESS');
  await isCharged(eyes, buyer, orderId, { outcome: 'CHARGED', balance: FIRST_BALANCE - PRICE, cancelled: false });
  await isTold(eyes, buyer, orderId, ['OrderCreated']);
  await hasEnded(eyes, orderWorkflowId(orderId));
}

/** The order was paid and taken back: the money is back, once, and the buyer was told both. */
export async function takenBack(eyes: Eyes, buyer: Buyer, orderId: string): Promise<void> {
  await isFinal(eyes, orderId, 'CANCELLED');
  await isCharged(eyes, buyer, orderId, { outcome: 'REFUNDED', balance: FIRST_BALANCE, cancelled: true });
  await isTold(eyes, buyer, orderId, ['OrderCancelled', 'OrderCreated']);
  await hasEnded(eyes, cancelWorkflowId(orderId));
}

/** The deposit was made once. */
export async function deposited(
  { databases: { billing } }: Eyes,
  buyer: Buyer,
  key: string,
  amount: number,
): Promise<void> {
  const made = await billing('select amount::integer from transactions where idempotency_key = $1', [key]);
  assert.deepEqual(made, [{ amount }]);
  assert.equal(await balanceOf(billing, buyer.id), FIRST_BALANCE + amount);
}

/** Every change of the profile was noted as started, the account is open, and the workflow of the latest has ended, having announced it. */
export async function announced(eyes: Eyes, userId: string): Promise<void> {
  const { users, billing } = eyes.databases;
  assert.deepEqual(await users('select version from profile_changes where user_id = $1', [userId]), []);
  const [profile] = await users<{ version: number }>('select version from profiles where user_id = $1', [userId]);
  assert.ok(profile, 'there is no profile');
  assert.equal((await billing('select from billing_accounts where owner_id = $1', [userId])).length, 1);
  await hasEnded(eyes, profileWorkflowId(userId, profile.version));
}

/** Nothing was taken under the key, and nothing will be. */
export async function buried({ databases: { billing } }: Eyes, ownerId: string, key: string): Promise<void> {
  const outcomes = await billing(
    'select outcome, cause, transaction_id from outcomes where owner_id = $1 and idempotency_key = $2',
    [ownerId, key],
  );
  assert.deepEqual(outcomes, [{ outcome: 'CANCELLED', cause: 'buyer', transaction_id: null }]);
}

type Query = Eyes['databases']['billing'];

const balanceOf = async (billing: Query, ownerId: string): Promise<number | undefined> =>
  (await billing<{ amount: number }>('select amount::integer from billing_accounts where owner_id = $1', [ownerId]))[0]
    ?.amount;

async function isFinal({ databases: { orders } }: Eyes, id: string, status: string): Promise<void> {
  assert.deepEqual(await orders('select status, version from orders where id = $1', [id]), [{ status, version: 1 }]);
}

interface Charge {
  outcome: string;
  balance: number;
  cancelled: boolean;
}

async function isCharged(
  { databases: { billing } }: Eyes,
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

/** One message for each event, which is sent; and of each message mails under one Message-ID only. */
async function isTold(
  { databases: { notifications }, mailUrl }: Eyes,
  { person }: Buyer,
  orderId: string,
  events: string[],
): Promise<void> {
  const told = await notifications<{ id: string; event: string; status: string }>(
    'select id::text, event_name as event, status from notifications where order_id = $1 order by event_name',
    [orderId],
  );
  assert.deepEqual(
    told.map(({ event, status }) => [event, status]),
    events.map((event) => [event, 'SENT']),
  );
  const mails = (await mailsTo(person.email, mailUrl)).filter(({ subject }) => subject.includes(orderId));
  const ids = new Set(mails.map(({ messageId }) => messageId.split('@')[0]));
  assert.deepEqual([...ids].sort(), told.map(({ id }) => id).sort());
}

async function hasEnded({ temporal: { client } }: Eyes, workflowId: string): Promise<void> {
  assert.equal((await client.workflow.getHandle(workflowId).describe()).status.name, 'COMPLETED');
}
