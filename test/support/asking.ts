import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';
import { assertDocumented } from './openapi.ts';

export interface Sent {
  headers?: Record<string, string>;
  /** Sent as JSON unless it is text. */
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
  /** Of a refusal: what is so. */
  kind: string | undefined;
}

/** Sends a request; the operation is the one whose answer the contract documents. */
export type Ask = (operationId: string | undefined, method: string, path: string, sent?: Sent) => Promise<Answer>;

/** Sends requests to one address, and fails when an answer is not one that the contract has. */
export const createAsk =
  (url: string): Ask =>
  async (operationId, method, path, { headers = {}, body } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const told = await assertDocumented(operationId, response);
    if (!response.ok && told?.type)
      assert.deepEqual(
        [told.instance, told.correlationId],
        [new URL(response.url).pathname, response.headers.get('x-correlation-id')],
      );
    return {
      status: response.status,
      headers: response.headers,
      body: told,
      kind: response.ok ? undefined : told?.type?.replace('/problems/', ''),
    };
  };

/** What a refusal is told by, or the status of what is none. */
export const outcomeOf = ({ status, kind }: Answer): string => (kind ? `${status} ${kind}` : `${status}`);

/** Sends a request again while the answer is that it may be: a machine that is busy with other tests may turn it away for a moment. */
export const answered = (ask: () => Promise<Answer>): Promise<Answer> =>
  eventually(async () => {
    const answer = await ask();
    assert.ok(answer.status !== 503 && answer.status !== 504, JSON.stringify(answer.body));
    return answer;
  });
