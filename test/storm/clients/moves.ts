import { setTimeout as sleep } from 'node:timers/promises';
import { orderId } from '../../../specs/identity.ts';
import type { Prng } from '../prng.ts';
import { cookieIn, type Buyer } from './buyer.ts';
import type { Asked, Exchange } from './history.ts';
import * as requests from './requests.ts';
import { keyOf } from './verdict.ts';

/** What a move is made with. */
export interface Turn {
  buyer: Buyer;
  /** The other buyers, whose things are none of this one's business. */
  others: readonly Buyer[];
  prng: Prng;
  /** How likely a write is sent several times at once. */
  duplicates: number;
  /** Sends a request in this buyer's name to one of the services, past the gateway. */
  askService(asked: Asked, role: ServedRole): Promise<Exchange | undefined>;
  /** The same in nobody's name. */
  askAsNobody(asked: Asked, role: ServedRole): Promise<Exchange>;
  /** Sends a request in a session of its own, in the name of its user, or in nobody's once it may have ended. */
  askIn(cookie: string, asked: Asked, as?: string): Promise<Exchange>;
  /** One more buyer comes. */
  invite(): Promise<void>;
}

export type ServedRole = 'orders' | 'billing' | 'notifications' | 'users';

export type Move = (turn: Turn) => Promise<unknown>;

const PRICE_MAX = 100;
const TOO_DEAR = 10_000_000;
const DEPOSIT_MAX = 1_500;
const UNDER_WAY_MAX = 2;
const COPIES_MAX = 3;
const MEANWHILE_TRIES_MAX = 5;
const MEANWHILE_AFTER_MS_MAX = 40;

/** Sends a write, or the same write several times at once, as impatient clients and proxies do. */
async function send({ buyer, prng, duplicates }: Turn, asked: Asked): Promise<void> {
  const copies = prng.chance(duplicates) ? prng.between(2, COPIES_MAX) : 1;
  await Promise.all(Array.from({ length: copies }, () => buyer.ask(asked)));
}

const price = (prng: Prng): number => (prng.chance(0.06) ? TOO_DEAR : prng.between(1, PRICE_MAX));

/** By list version, by key, or by both; now and then at a version that is gone, or not there yet. */
const order: Move = (turn) => {
  const { buyer, prng } = turn;
  const [by, key, astray] = [
    prng.pick(['version', 'key', 'both'] as const),
    prng.uuid(),
    prng.chance(0.05) ? prng.pick([-1, 1, 3]) : 0,
  ];
  const ifMatch = Math.max(0, buyer.version + astray);
  return send(
    turn,
    requests.createOrder(price(prng), { ...(by !== 'key' && { ifMatch }), ...(by !== 'version' && { key }) }),
  );
};

/** Two different orders at the same version of the list. */
const race: Move = ({ buyer, prng }) => {
  const ifMatch = buyer.version;
  const [one, other] = [price(prng), price(prng) + 1];
  return Promise.all([
    buyer.ask(requests.createOrder(one, { ifMatch, key: prng.uuid() })),
    buyer.ask(requests.createOrder(other, { ifMatch })),
  ]);
};

/** What was done long ago, once more. */
const replay: Move = async (turn) => {
  const { buyer, prng } = turn;
  if (buyer.done.length > 0) await send(turn, prng.pick(buyer.done));
};

/** Another request under a key that is used up. */
const reuseKey: Move = async ({ buyer, prng }) => {
  if (buyer.done.length === 0) return;
  const asked = prng.pick(buyer.done);
  const [name, value] = Object.entries(asked.body!)[0] as [string, number];
  await buyer.ask({ ...asked, body: { [name]: value + 1 } });
};

/** One's orders of which no end has been heard, the last ones: known to be made, or asked for under a key, which says their id. */
function underWay({ id, orders, open }: Buyer): string[] {
  const made = [...orders].filter(([, { answer }]) => answer!.body.status === 'IN_PROGRESS').map(([order]) => order);
  const askedFor = open
    .filter(({ operation }) => operation === 'createOrder')
    .map((asked) => orderId(id, keyOf({ asked })));
  return [...made.slice(-UNDER_WAY_MAX), ...askedFor];
}

const cancel: Move = async (turn) => {
  const { buyer, prng } = turn;
  if (buyer.orders.size > 0) await send(turn, requests.cancelOrder(prng.pick([...buyer.orders.keys()])));
};

/** Takes back what takes too long. */
const giveUp: Move = (turn) => send(turn, requests.cancelOrder(turn.prng.pick(underWay(turn.buyer))));

/** An order, and a request about it while its own is under way: its id is known beforehand. */
const orderAnd =
  (about: (id: string) => Asked): Move =>
  ({ buyer, prng }) => {
    const key = prng.uuid();
    const meanwhile = async () => {
      for (let tries = prng.between(1, MEANWHILE_TRIES_MAX); tries > 0; tries--) {
        await sleep(prng.between(0, MEANWHILE_AFTER_MS_MAX));
        const { answer } = await buyer.ask(about(orderId(buyer.id, key)));
        if (answer?.status !== 404) return;
      }
    };
    return Promise.all([buyer.ask(requests.createOrder(price(prng), { key })), meanwhile()]);
  };
const orderAndCancel = orderAnd(requests.cancelOrder);
const orderAndFollow = orderAnd(requests.orderEvents);

const deposit: Move = (turn) => send(turn, requests.deposit(turn.prng.uuid(), turn.prng.between(1, DEPOSIT_MAX)));
const withdraw: Move = (turn) =>
  send(turn, requests.withdraw(turn.prng.uuid(), turn.prng.chance(0.1) ? TOO_DEAR : turn.prng.between(1, PRICE_MAX)));

const read: Move = ({ buyer, prng }) => {
  const orders = [...buyer.orders.keys()];
  const own = orders.length > 0 ? [requests.readOrder(prng.pick(orders))] : [];
  const lists = [
    requests.listOrders(prng.between(1, 100)),
    requests.listTransactions(100),
    requests.listNotifications(),
  ];
  return buyer.ask(prng.pick([...own, ...own, ...lists, requests.readBalance(), requests.readProfile(buyer.id)]));
};

/** What is another buyer's, and what does not exist. */
const pry: Move = async ({ buyer, others, prng }) => {
  if (others.length === 0) return;
  const other = prng.pick(others);
  const strange = [...other.orders.keys(), prng.uuid()];
  const about = prng.pick([requests.readOrder, requests.cancelOrder]);
  await Promise.all([buyer.ask(about(prng.pick(strange))), buyer.ask(about(prng.uuid()))]);
  const aboutUsers = prng.pick([
    requests.readProfile,
    requests.readUser,
    (id: string) => requests.updateProfile(id, buyer.person),
  ]);
  await Promise.all([buyer.ask(aboutUsers(other.id)), buyer.ask(aboutUsers(prng.uuid()))]);
};

/** Says to be somebody else, to the gateway and to a service. */
const pretend: Move = async (turn) => {
  const { buyer, others, prng, askService, askAsNobody } = turn;
  if (others.length === 0) return;
  const claim = { 'x-user-id': prng.pick(others).id, 'x-auth-user': prng.pick(others).id };
  await buyer.ask(
    requests.withHeaders(
      prng.pick([requests.listOrders(100), requests.listTransactions(100), requests.listNotifications()]),
      claim,
    ),
  );
  await buyer.ask(requests.withHeaders(requests.deposit(prng.uuid(), 1), claim));
  await askService(requests.withHeaders(requests.listOrders(100), claim), 'orders');
  await askService(
    requests.withHeaders(prng.pick([requests.listTransactions(100), requests.readBalance()]), claim),
    'billing',
  );
  await askAsNobody(requests.withHeaders(requests.listOrders(100), claim), 'orders');
  await askAsNobody(requests.withHeaders(requests.deposit(prng.uuid(), 1), claim), 'billing');
};

const changeProfile: Move = ({ buyer, prng }) =>
  buyer.ask(
    requests.updateProfile(buyer.id, { ...buyer.person, phone: `+4420${prng.between(10 ** 9, 10 ** 10 - 1)}` }),
  );

/** Comes in by another door, looks around, leaves, and tries the door again. */
const visit: Move = async ({ buyer, prng, askIn }) => {
  const { answer } = await buyer.ask(requests.login(buyer.credentials));
  if (answer?.status !== 200) return;
  const cookie = cookieIn(answer);
  await askIn(cookie, requests.readBalance(), buyer.id);
  const left = await askIn(cookie, requests.logout());
  if (left.answer?.status !== 200) return;
  await askIn(cookie, prng.pick([requests.readBalance(), requests.listOrders(1), requests.deposit(prng.uuid(), 1)]));
};

const bringFriend: Move = ({ invite }) => invite();

/** Asks again what nothing is known of. */
const insist: Move = async (turn) => {
  const { buyer, prng } = turn;
  if (buyer.open.length > 0) await send(turn, prng.pick(buyer.open));
};

/** How often which move is made. */
const weights: ReadonlyArray<readonly [Move, number]> = [
  [order, 50],
  [race, 4],
  [replay, 7],
  [reuseKey, 2],
  [cancel, 7],
  [orderAndCancel, 3],
  [orderAndFollow, 3],
  [deposit, 8],
  [withdraw, 4],
  [read, 8],
  [pry, 1],
  [pretend, 1],
  [changeProfile, 2],
  [visit, 2],
  [bringFriend, 3],
  [insist, 6],
];

const TOTAL = weights.reduce((sum, [, weight]) => sum + weight, 0);
/** Whoever waits for so many answers asks for nothing new. */
const OPEN_MAX = 3;
/** How likely a buyer whose order takes long is to take it back. */
const GIVEN_UP = 0.15;

/** What the buyer whose turn it is does next. */
export function pickMove({ buyer, prng }: Turn): Move {
  if (underWay(buyer).length > 0 && prng.chance(GIVEN_UP)) return giveUp;
  if (buyer.open.length >= OPEN_MAX) return insist;
  let left = prng.between(1, TOTAL);
  for (const [move, weight] of weights) {
    left -= weight;
    if (left <= 0) return move;
  }
  return order;
}
