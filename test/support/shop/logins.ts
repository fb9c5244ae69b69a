import { createContractClient, outcomeOf, type Answer } from '../requests/contract-client.ts';
import { PASSWORD } from './auth.ts';

export const WRONG = 'wrong horse';

let addresses = 0;
export const newAddress = (): string => `198.18.${Math.floor(++addresses / 250)}.${addresses % 250}`;

/** Posts to auth, or to a gateway that trusts the sender, as a client at `address`. */
export const postFrom = (
  address: string,
  operationId: string,
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  createContractClient(url)(operationId, 'POST', `/auth/${operationId}`, {
    headers: { 'x-forwarded-for': address, ...headers },
    body,
  });

/** Logs in with the usual password, or another one, from a client at `address`. */
export const loginFrom = (address: string, url: string, username: string, password = PASSWORD): Promise<Answer> =>
  postFrom(address, 'login', url, { username, password });

/** How often each outcome occurs. */
export function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of answers.map(outcomeOf)) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Sends this many concurrent requests. */
export const atOnce = (count: number, send: (n: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => send(n)));
