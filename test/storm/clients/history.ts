import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

/** What a client sent, with all that is personal in it: whoever looks for that elsewhere finds here what to look for. */
export interface Asked {
  operation: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Readonly<Record<string, unknown>> | undefined;
}

export interface Answered {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: any;
  /** Of a refusal: what is so. */
  kind?: string | undefined;
}

/** One request and what came of it: an answer, or a connection that broke. */
export interface Exchange {
  seq: number;
  /** The id of the user in whose name it was sent; undefined for one without a session. */
  as: string | undefined;
  asked: Asked;
  beganMs: number;
  endedMs: number;
  answer?: Answered;
  broken?: string;
  /** In which way the answer is not what the contract has. */
  undocumented?: string;
}

/** Everything that the clients have sent and seen. */
export interface History {
  readonly exchanges: readonly Exchange[];
  add(exchange: Omit<Exchange, 'seq'>): Exchange;
  close(): Promise<void>;
}

/** Keeps it in memory for the checks, and line by line in a file for a person. */
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
