import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

/** A request as sent. It keeps personal data, because the checks search logs and metrics for that data. */
export interface ApiRequest {
  operation: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Readonly<Record<string, unknown>> | undefined;
}

export interface ApiResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: any;
  /** The kind of problem, if any. */
  kind?: string | undefined;
}

export interface Exchange {
  seq: number;
  /** The user who sent the request; undefined without a session. */
  userId: string | undefined;
  request: ApiRequest;
  startedMs: number;
  endedMs: number;
  response?: ApiResponse;
  connectionError?: string;
  /** How the response violates the contract, if it does. */
  undocumented?: string;
}

export interface History {
  readonly exchanges: readonly Exchange[];
  add(exchange: Omit<Exchange, 'seq'>): Exchange;
  close(): Promise<void>;
}

/** Keeps the exchanges in memory for the checks, and writes each as one line to a file for you to read. */
export function createHistory(file: string): History {
  const exchanges: Exchange[] = [];
  const lines = createWriteStream(file);
  return {
    exchanges,
    add(exchange) {
      const added = { seq: exchanges.length, ...exchange };
      exchanges.push(added);
      lines.write(`${JSON.stringify(added)}\n`);
      return added;
    },
    async close() {
      lines.end();
      await once(lines, 'close');
    },
  };
}
