import assert from 'node:assert/strict';
import { eventually } from '../eventually.ts';
import { assertDocumented } from './openapi.ts';

export interface Sent {
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
  /** The kind of problem, if any. */
  kind: string | undefined;
}

/** Sends a request and checks the response against the documented responses of `operationId`. */
export type ContractClient = (
  operationId: string | undefined,
  method: string,
  path: string,
  sent?: Sent,
) => Promise<Answer>;

/** Returns a client for one base URL that fails if a response is not in the contract. */
export const createContractClient =
  (url: string): ContractClient =>
  async (operationId, method, path, { headers = {}, body } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const content = await assertDocumented(operationId, response);
    if (!response.ok && content?.type)
      assert.deepEqual(
        [content.instance, content.correlationId],
        [new URL(response.url).pathname, response.headers.get('x-correlation-id')],
      );
    return {
      status: response.status,
      headers: response.headers,
      body: content,
      kind: response.ok ? undefined : content?.type?.replace('/problems/', ''),
    };
  };

/** The status, followed by the kind of problem if there is one. */
export const outcomeOf = ({ status, kind }: Answer): string => (kind ? `${status} ${kind}` : `${status}`);

/** Retries while the response is 503 or 504: on a machine busy with other tests, the shop may refuse briefly. */
export const retryWhileUnavailable = (send: () => Promise<Answer>): Promise<Answer> =>
  eventually(async () => {
    const answer = await send();
    assert.ok(answer.status !== 503 && answer.status !== 504, JSON.stringify(answer.body));
    return answer;
  });
