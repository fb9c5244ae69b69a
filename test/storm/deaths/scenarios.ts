import assert from 'node:assert/strict';
import { orderId } from '../../../specs/identity.ts';
import type { Buyer } from '../clients/buyer.ts';
import type { Asked, Exchange } from '../clients/history.ts';
import * as requests from '../clients/requests.ts';
import { createPerson } from '../clients/buyer.ts';
import { announced, buried, deposited, PRICE, succeeded, takenBack } from './ends.ts';
import { again, POISONED, type MortalShop } from './shop.ts';

/** What has a step taken. */
export interface Act {
  /** Asks for it, and hears an answer or none. Called again when the step was not come to. */
  trigger(): Promise<unknown>;
  /** The same once more, until it is answered for certain: what is left to do for whoever heard no answer. */
  insist(): Promise<unknown>;
  /** Rejects until all has come to its end. */
  ended(): Promise<void>;
}

export type Scenario = (shop: MortalShop) => Promise<Act>;

const AMOUNT = 7;
const is =
  (...statuses: number[]) =>
  ({ answer }: Exchange) =>
    statuses.includes(answer?.status ?? 0);

/** A buyer orders. */
export const ordering: Scenario = async (shop) => {
  const buyer = await shop.newBuyer();
  const [id, asked] = newOrder(shop, buyer);
  return {
    trigger: () => buyer.ask(asked),
    insist: () => again(() => buyer.ask(asked), is(201, 202)),
    ended: () => succeeded(shop, buyer, id),
  };
};

/** A buyer takes an order back that has succeeded. */
export const takingBack: Scenario = async (shop) => {
  const [buyer, id] = await succeededOrder(shop);
  return {
    trigger: () => buyer.ask(requests.cancelOrder(id)),
    insist: () => again(() => buyer.ask(requests.cancelOrder(id)), is(200)),
    ended: () => takenBack(shop, buyer, id),
  };
};

/** Billing is asked to cancel a charge that it has never seen, and then for the charge. */
export const burying: Scenario = async (shop) => {
  const [ownerId, key] = [shop.prng.uuid(), shop.prng.uuid()];
  const path = `/payments/withdrawals/${key}`;
  const cancel: Asked = {
    operation: 'cancelWithdrawal',
    method: 'PUT',
    path: `${path}/cancellation`,
    headers: {},
    body: { userId: ownerId, cause: 'buyer' },
  };
  const charge = requests.withdraw(key, AMOUNT);
  return {
    trigger: () => shop.askBilling(cancel),
    insist: () => again(() => shop.askBilling(cancel), is(200)),
    async ended() {
      const late = await shop.askBilling({ ...charge, body: { ...charge.body, userId: ownerId } });
      assert.equal(late.answer?.kind, 'charge-cancelled');
      await buried(shop, ownerId, key);
    },
  };
};

/** A buyer puts money on the account. */
export const depositing: Scenario = async (shop) => {
  const buyer = await shop.newBuyer();
  const key = shop.prng.uuid();
  const asked = requests.deposit(key, AMOUNT);
  return {
    trigger: () => buyer.ask(asked),
    insist: () => again(() => buyer.ask(asked), is(201)),
    ended: () => deposited(shop, buyer, key, AMOUNT),
  };
};

/** Somebody new makes a profile. */
export const joining: Scenario = async ({ caller, prng, ...eyes }) => {
  const person = createPerson(prng.fork());
  const credentials = { username: person.username, password: 'a password of a test' };
  await again(() => caller.ask(requests.register(credentials)), is(201, 409));
  const { answer } = await again(() => caller.ask(requests.login(credentials)), is(200));
  const cookie = answer!.headers['set-cookie']!.split(';')[0]!;
  const asked = requests.withHeaders(requests.createProfile(person), { cookie });
  const id = answer!.body.id as string;
  const change = requests.withHeaders(requests.updateProfile(id, person), { cookie });
  return {
    // There is a profile by then, if it is asked for again.
    trigger: async () => (await caller.ask(asked)).answer?.kind === 'profile-exists' && (await caller.ask(change)),
    insist: () => again(() => caller.ask(asked), is(201, 409)),
    ended: () => announced(eyes, id),
  };
};

/** Somebody writes into the topic of an event what is none. */
export const poisoning: Scenario = async ({ publish, prng, letters }) => {
  const key = prng.uuid();
  const own = () => letters.filter((letter) => letter.key?.toString() === key);
  return {
    trigger: once(() => publish({ topic: POISONED, key, value: 'poison', headers: {} })),
    insist: () => Promise.reject(new Error('a message is written once')),
    async ended() {
      const offsets = new Set(
        own().map(({ headers }) => `${headers['deadLetterPartition']}/${headers['deadLetterOffset']}`),
      );
      assert.equal(offsets.size, 1, 'one message was set aside');
    },
  };
};

/** There is a row of an order, and whoever wrote it has died. */
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
    insist: () => Promise.reject(new Error('nobody is there to insist')),
    ended: () => succeeded(shop, buyer, id),
  };
};

/** An order is to be taken back, and whoever noted that has died. */
export const orphanedCancellation: Scenario = async (shop) => {
  const [buyer, id] = await succeededOrder(shop);
  return {
    trigger: once(() => shop.databases.orders(`update orders set cancel_cause = 'buyer' where id = $1`, [id])),
    insist: () => Promise.reject(new Error('nobody is there to insist')),
    ended: () => takenBack(shop, buyer, id),
  };
};

/** A profile was changed, and whoever wrote it has died. */
export const orphanedProfile: Scenario = async (shop) => {
  const buyer = await shop.newBuyer();
  await again(() => buyer.ask(requests.readProfile(buyer.id)), is(200));
  return {
    trigger: once(() =>
      shop.databases.users(
        `with changed as (update profiles set version = version + 1 where user_id = $1 returning user_id, version)
         insert into profile_changes (user_id, version, created_at) select user_id, version, now() - interval '1 minute' from changed`,
        [buyer.id],
      ),
    ),
    insist: () => Promise.reject(new Error('nobody is there to insist')),
    ended: () => announced(shop, buyer.id),
  };
};

/** The first call does it; later ones answer the same. */
function once<T>(act: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => (done ??= act());
}

function newOrder({ prng }: MortalShop, buyer: Buyer): [id: string, asked: Asked] {
  const key = prng.uuid();
  return [orderId(buyer.id, key), requests.createOrder(PRICE, { ifMatch: 0, key })];
}

/** An order of which the buyer was told already: what comes after it is about something else. */
async function succeededOrder(shop: MortalShop): Promise<[buyer: Buyer, id: string]> {
  const buyer = await shop.newBuyer();
  const [id, asked] = newOrder(shop, buyer);
  await again(() => buyer.ask(asked), is(201));
  await again(
    () => buyer.ask(requests.listNotifications()),
    ({ answer }) => answer?.status === 200 && answer.body.length === 1,
  );
  return [buyer, id];
}
