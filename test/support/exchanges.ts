/**
 * Writes down which answers of the contract a test has met, for `npm run contract-coverage`. Nothing is written down otherwise, nor is
 * what happens outside of tests: what a hook meets, nobody looks at.
 */
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, type TestContext } from 'node:test';

/** An answer of an operation, or of none, by its status and, where that is a refusal, its kind of problem. */
export interface Answer {
  operationId: string | undefined;
  status: number;
  kind: string | undefined;
}

export interface Exchange extends Answer {
  /** The name of the test file, without `.test.ts`. */
  file: string;
  test: string;
}

/** Where exchanges are written to, as lines of JSON in a file for each process. */
export const EXCHANGES_DIR = 'TEST_EXCHANGES_DIR';

const dir = process.env[EXCHANGES_DIR];
const known = new Set<string>();
let running: string | undefined;

if (dir) {
  beforeEach((context) => {
    running = (context as TestContext).name;
  });
  afterEach(() => {
    running = undefined;
  });
}

/** Notes that the test that is running has met an answer. Tests of one file run one after the other, so there is one at most. */
export function recordExchange({ operationId, status, kind }: Answer): void {
  if (!dir || running === undefined) return;
  const exchange: Exchange = { operationId, status, kind, file: basename(process.argv[1]!, '.test.ts'), test: running };
  const line = `${JSON.stringify(exchange)}\n`;
  if (known.has(line)) return;
  known.add(line);
  appendFileSync(join(dir, `${process.pid}.jsonl`), line);
}
