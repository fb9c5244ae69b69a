import assert from 'node:assert/strict';
import { orderId } from '../../../specs/identity.ts';
import { createPerson, type Buyer } from '../clients/buyer.ts';
import type { ApiRequest, Exchange } from '../clients/history.ts';
import * as requests from '../clients/requests.ts';
import { announced, cancelled, deposited, PRICE, succeeded, tombstoned } from './ends.ts';
import { retry, UNPROCESSABLE_TOPIC, type DeathShop } from './shop.ts';

export interface PreparedScenario {
  /** Starts the work. It is called again if the role did not reach the step. */
  trigger(): Promise<unknown>;
  /** Repeats the request until its outcome is known. */
  retry(): Promise<unknown>;
  /** Rejects until the work is complete. */
  completed(): Promise<void>;
}

export type Scenario = (shop: DeathShop) => Promise<PreparedScenario>;

const AMOUNT = 7;
const is =
  (...statuses: number[]) =>
  ({ response }: Exchange) =>
    statuses.includes(response?.status ?? 0);

export const ordering: Scenario = async (shop) => {
  const buyer = await shop.newBuyer();
  const [id, request] = newOrder(shop, buyer);
  return {
    trigger: () => buyer.send(request),
    retry: () => retry(() => buyer.send(request), is(201, 202)),
    completed: () => succeeded(shop, buyer, id),
  };
};

export const cancelling: Scenario = async (shop) => {
  const [buyer, id] = await succeededOrder(shop);
  return {
    trigger: () => buyer.send(requests.cancelOrder(id)),
    retry: () => retry(() => buyer.send(requests.cancelOrder(id)), is(200)),
    completed: () => cancelled(shop, buyer, id),
  };
};

/** Billing receives a cancellation before the charge that it cancels. */
export const tombstoning: Scenario = async (shop) => {
  const [ownerId, key] = [shop.prng.uuid(), shop.prng.uuid()];
  const path = `/payments/withdrawals/${key}`;
  const cancel: ApiRequest = {
    operation: 'cancelWithdrawal',
    method: 'PUT',
    path: `${path}/cancellation`,
    headers: {},
    body: { userId: ownerId, cause: 'buyer' },
  };
  const charge = requests.withdraw(key, AMOUNT);
  return {
    trigger: () => shop.sendToBilling(cancel),
    retry: () => retry(() => shop.sendToBilling(cancel), is(200)),
    async completed() {
      const late = await shop.sendToBilling({ ...charge, body: { ...charge.body, userId: ownerId } });
      assert.equal(late.response?.kind, 'charge-cancelled');
      await tombstoned(shop, ownerId, key);
    },
  };
};

export const depositing: Scenario = async (shop) => {
  const buyer = await shop.newBuyer();
  const key = shop.prng.uuid();
  const request = requests.deposit(key, AMOUNT);
  return {
    trigger: () => buyer.send(request),
    retry: () => retry(() => buyer.send(request), is(201)),
    completed: () => deposited(shop, buyer, key, AMOUNT),
  };
};

export const joining: Scenario = async ({ caller, prng, ...state }) => {
  const person = createPerson(prng.fork());
  const credentials = { username: person.username, password: 'a password of a test' };
  await retry(() => caller.send(requests.register(credentials)), is(201, 409));
  const { response } = await retry(() => caller.send(requests.login(credentials)), is(200));
  const cookie = response!.headers['set-cookie']!.split(';')[0]!;
  const request = requests.withHeaders(requests.createProfile(person), { cookie });
  const id = response!.body.id as string;
  const change = requests.withHeaders(requests.updateProfile(id, person), { cookie });
  return {
    // On a repeated call the profile may already exist; then a change of it starts the same work.
    trigger: async () =>
      (await caller.send(request)).response?.kind === 'profile-exists' && (await caller.send(change)),
    retry: () => retry(() => caller.send(request), is(201, 409)),
    completed: () => announced(state, id),
  };
};

export const publishingUnprocessable: Scenario = async ({ publish, prng, letters }) => {
  const key = prng.uuid();
  const own = () => letters.filter((letter) => letter.key?.toString() === key);
  return {
    trigger: once(() => publish({ topic: UNPROCESSABLE_TOPIC, key, value: 'no event', headers: {} })),
    retry: () => Promise.reject(new Error('the message must be published once only')),
    async completed() {
      const offsets = new Set(
        own().map(({ headers }) => `${headers['deadLetterPartition']}/${headers['deadLetterOffset']}`),
      );
      assert.equal(offsets.size, 1, 'all dead letters come from one message');
    },
  };
};

/** An order row without a workflow, as if its writer had died. */
export const orphanedOrder: Scenario = async (shop) => {
  const buyer = await shop.newBuyer();
  const id = shop.prng.uuid();
  return {
    trigger: once(() =>
      shop.databases.orders(
        `insert into orders (id, owner_id, price, version, status, fingerprint, correlation_id, created_at)
         values ($1, $2, $3, 1, 'IN_PROGRESS', 'test', 'test', now() - interval '1 minute')`,
        [id, buyer.id, PRICE],
      ),
    ),
    retry: noSender,
    completed: () => succeeded(shop, buyer, id),
  };
};

/** A recorded cancellation request without a workflow. */
export const orphanedCancellation: Scenario = async (shop) => {
  const [buyer, id] = await succeededOrder(shop);
  return {
    trigger: once(() => shop.databases.orders(`update orders set cancel_cause = 'buyer' where id = $1`, [id])),
    retry: noSender,
    completed: () => cancelled(shop, buyer, id),
  };
};

/** A profile change without a workflow. */
export const orphanedProfile: Scenario = async (shop) => {
  const buyer = await shop.newBuyer();
  await retry(() => buyer.send(requests.readProfile(buyer.id)), is(200));
  return {
    trigger: once(() =>
      shop.databases.users(
        `with changed as (update profiles set version = version + 1 where user_id = $1 returning user_id, version)
         insert into profile_changes (user_id, version, created_at) select user_id, version, now() - interval '1 minute' from changed`,
        [buyer.id],
      ),
    ),
    retry: noSender,
    completed: () => announced(shop, buyer.id),
  };
};

const noSender = () => Promise.reject(new Error('this scenario has no sender that could retry'));

function once<T>(act: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => (done ??= act());
}

function newOrder({ prng }: DeathShop, buyer: Buyer): [id: string, request: ApiRequest] {
  const key = prng.uuid();
  return [orderId(buyer.id, key), requests.createOrder(PRICE, { ifMatch: 0, key })];
}

/** A succeeded order whose notification already exists, so that no later notification step is about its success. */
async function succeededOrder(shop: DeathShop): Promise<[buyer: Buyer, id: string]> {
  const buyer = await shop.newBuyer();
  const [id, request] = newOrder(shop, buyer);
  await retry(() => buyer.send(request), is(201));
  await retry(
    () => buyer.send(requests.listNotifications()),
    ({ response }) => response?.status === 200 && response.body.length === 1,
  );
  return [buyer, id];
}
