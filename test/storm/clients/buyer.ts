import type { Prng } from '../prng.ts';
import type { Caller } from './caller.ts';
import type { Answered, Asked, Exchange } from './history.ts';
import { createProfile, deposit, login, register, withHeaders, type Credentials, type Person } from './requests.ts';
import { keyOf, orderIdOf, verdictOf, versionOf } from './verdict.ts';

/** Somebody with a session, and what they remember of what they did. */
export interface Buyer {
  readonly id: string;
  readonly person: Person;
  readonly credentials: Credentials;
  /** The version of the list of orders, as last heard. */
  version: number;
  /** The orders that are known to have been made, and what was last heard of each. */
  readonly orders: Map<string, Exchange>;
  /** Requests under a key that have been answered for certain. */
  readonly done: Asked[];
  /** Requests under a key of which nothing is known yet. */
  readonly open: Asked[];
  /** Sends a request, and remembers what came of it. */
  ask(asked: Asked): Promise<Exchange>;
}

const FIRST_DEPOSIT = 3_000;

/** Registers, logs in, makes a profile and tops up, each for as long as it takes. */
export async function arrive({ caller, prng, again }: { caller: Caller; prng: Prng; again: Again }): Promise<Buyer> {
  const person = createPerson(prng);
  const credentials = { username: person.username, password: `pass ${prng.word(16)}` };
  const is = (status: number, kind?: string) => (exchange: Exchange) =>
    exchange.answer?.status === status && (!kind || exchange.answer.kind === kind);

  // Who has asked before without hearing an answer finds that the name is taken: by them.
  await again(
    () => caller.ask(register(credentials)),
    (exchange) => is(201)(exchange) || is(409, 'username-taken')(exchange),
  );
  const { answer } = await again(() => caller.ask(login(credentials)), is(200));
  const buyer = createBuyer({ caller, id: answer!.body.id as string, cookie: cookieIn(answer!), person, credentials });
  await again(
    () => buyer.ask(createProfile(person)),
    (exchange) => is(201)(exchange) || is(409, 'profile-exists')(exchange),
  );
  const first = deposit(prng.uuid(), FIRST_DEPOSIT);
  await again(() => buyer.ask(first), is(201));
  return buyer;
}

/** The session that an answer opens. */
export const cookieIn = ({ headers }: Answered): string => headers['set-cookie']!.split(';')[0]!;

/** Asks until the answer will do. */
export type Again = (ask: () => Promise<Exchange>, willDo: (exchange: Exchange) => boolean) => Promise<Exchange>;

/** Somebody whose every trace can be told from any other text. */
export function createPerson(prng: Prng): Person {
  const username = `name-${prng.word(12)}`;
  return {
    username,
    firstName: `First${prng.word(10)}`,
    lastName: `Last${prng.word(10)}`,
    email: `mail-${prng.word(12)}@example.org`,
    phone: `+4420${prng.between(10 ** 9, 10 ** 10 - 1)}`,
  };
}

interface Identity extends Pick<Buyer, 'id' | 'person' | 'credentials'> {
  caller: Caller;
  cookie: string;
}

function createBuyer({ caller, id, cookie, person, credentials }: Identity): Buyer {
  const buyer: Buyer = {
    id,
    person,
    credentials,
    version: 0,
    orders: new Map(),
    done: [],
    open: [],
    async ask(asked) {
      const exchange = await caller.ask(withHeaders(asked, { cookie }), id);
      remember(buyer, { ...exchange, asked });
      return exchange;
    },
  };
  return buyer;
}

const ABOUT_ORDER: readonly string[] = ['createOrder', 'readOrder', 'cancelOrder'];

function remember(buyer: Buyer, exchange: Exchange): void {
  const { asked, answer } = exchange;
  const verdict = verdictOf(exchange);
  if (keyOf(exchange) !== undefined) {
    forget(buyer.open, asked);
    if (verdict === 'unknown') buyer.open.push(asked);
    else if (verdict === 'taken') buyer.done.push(asked);
  }
  if (ABOUT_ORDER.includes(asked.operation) && verdict === 'taken') buyer.orders.set(orderIdOf(exchange)!, exchange);
  const tellsVersion = asked.operation === 'createOrder' || asked.operation === 'listOrders';
  const version = tellsVersion && answer && answer.status < 500 ? versionOf(answer.headers['etag']) : undefined;
  // An answer to a repeated request tells of its own order, not of the latest one.
  if (version !== undefined) buyer.version = Math.max(buyer.version, version);
}

function forget(list: Asked[], asked: Asked): void {
  const at = list.indexOf(asked);
  if (at !== -1) list.splice(at, 1);
}
