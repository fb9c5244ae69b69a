import type { Prng } from '../prng.ts';
import type { Caller } from './caller.ts';
import type { ApiResponse, ApiRequest, Exchange } from './history.ts';
import { createProfile, deposit, login, register, withHeaders, type Credentials, type Person } from './requests.ts';
import { keyOf, orderIdOf, verdictOf, versionOf } from './verdict.ts';
import type { Wallet } from './wallet.ts';

export interface Buyer {
  readonly id: string;
  readonly person: Person;
  readonly credentials: Credentials;
  readonly wallet: Wallet;
  /** The latest version of the order list that the buyer has seen. */
  version: number;
  /** By order id: the latest successful exchange about the order. */
  readonly orders: Map<string, Exchange>;
  /** Requests with a key that were applied. */
  readonly applied: ApiRequest[];
  /** Requests with a key whose outcome is unknown. */
  readonly pending: ApiRequest[];
  send(request: ApiRequest): Promise<Exchange>;
}

interface SignUpPorts {
  caller: Caller;
  prng: Prng;
  retry: Retry;
  wallet: Wallet;
}

/** Registers, logs in, creates a profile and deposits money; retries each until it succeeds. */
export async function signUp({ caller, prng, retry, wallet }: SignUpPorts): Promise<Buyer> {
  const person = createPerson(prng);
  const credentials = { username: person.username, password: `pass ${prng.word(16)}` };
  const is = (status: number, kind?: string) => (exchange: Exchange) =>
    exchange.response?.status === status && (!kind || exchange.response.kind === kind);

  // If an earlier attempt succeeded but its answer was lost, this buyer already has the name.
  await retry(
    () => caller.send(register(credentials)),
    (exchange) => is(201)(exchange) || is(409, 'username-taken')(exchange),
  );
  const { response } = await retry(() => caller.send(login(credentials)), is(200));
  const buyer = createBuyer({
    caller,
    id: response!.body.id as string,
    cookie: cookieIn(response!),
    person,
    credentials,
    wallet,
  });
  await retry(
    () => buyer.send(createProfile(person)),
    (exchange) => is(201)(exchange) || is(409, 'profile-exists')(exchange),
  );
  const first = deposit(prng.uuid(), wallet.firstDeposit);
  await retry(() => buyer.send(first), is(201));
  return buyer;
}

/** The session cookie that a response sets. */
export const cookieIn = ({ headers }: ApiResponse): string => headers['set-cookie']!.split(';')[0]!;

export type Retry = (send: () => Promise<Exchange>, isDone: (exchange: Exchange) => boolean) => Promise<Exchange>;

/** A person with unique data, so that a leak of it can be found in any text. */
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

interface Identity extends Pick<Buyer, 'id' | 'person' | 'credentials' | 'wallet'> {
  caller: Caller;
  cookie: string;
}

function createBuyer({ caller, id, cookie, person, credentials, wallet }: Identity): Buyer {
  const buyer: Buyer = {
    id,
    person,
    credentials,
    wallet,
    version: 0,
    orders: new Map(),
    applied: [],
    pending: [],
    async send(request) {
      const exchange = await caller.send(withHeaders(request, { cookie }), id);
      remember(buyer, { ...exchange, request });
      return exchange;
    },
  };
  return buyer;
}

const ABOUT_ORDER: readonly string[] = ['createOrder', 'readOrder', 'cancelOrder'];

function remember(buyer: Buyer, exchange: Exchange): void {
  const { request, response } = exchange;
  const verdict = verdictOf(exchange);
  if (keyOf(exchange) !== undefined) {
    remove(buyer.pending, request);
    if (verdict === 'unknown') buyer.pending.push(request);
    else if (verdict === 'applied') buyer.applied.push(request);
  }
  if (ABOUT_ORDER.includes(request.operation) && verdict === 'applied')
    buyer.orders.set(orderIdOf(exchange)!, exchange);
  const hasVersion = request.operation === 'createOrder' || request.operation === 'listOrders';
  const version = hasVersion && response && response.status < 500 ? versionOf(response.headers['etag']) : undefined;
  // A replayed answer carries the version of its own order, which may be lower than the latest one.
  if (version !== undefined) buyer.version = Math.max(buyer.version, version);
}

function remove(list: ApiRequest[], request: ApiRequest): void {
  const at = list.indexOf(request);
  if (at !== -1) list.splice(at, 1);
}
