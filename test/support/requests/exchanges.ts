/** Records which answers each test received, only for `npm run contract-coverage`. Answers in hooks are left out. */
import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, type TestContext } from 'node:test';

/** What identifies an answer: the operation (if any), the status, and the kind of problem (if any). */
export interface Answer {
  operationId: string | undefined;
  status: number;
  kind: string | undefined;
}

export interface Exchange extends Answer {
  /** Path below `test/`, without `.test.ts`. */
  file: string;
  test: string;
}

/** The environment variable that names the directory of the records. Each process writes a file of JSON lines there. */
export const EXCHANGES_DIR = 'TEST_EXCHANGES_DIR';

// Programs that a test starts inherit the variable, but run no tests.
const dir = process.argv[1]?.endsWith('.test.ts') ? process.env[EXCHANGES_DIR] : undefined;
const recorded = new Set<string>();
let running: string | undefined;

if (dir) {
  beforeEach((context) => {
    running = (context as TestContext).name;
  });
  afterEach(() => {
    running = undefined;
  });
}

/** Records an answer for the running test. Tests of a file run one after another. */
export function recordExchange({ operationId, status, kind }: Answer): void {
  if (!dir || running === undefined) return;
  const exchange: Exchange = { operationId, status, kind, file: testFileName(process.argv[1]!), test: running };
  const line = `${JSON.stringify(exchange)}\n`;
  if (recorded.has(line)) return;
  recorded.add(line);
  appendFileSync(join(dir, `${process.pid}.jsonl`), line);
}

const TESTS = join(import.meta.dirname, '..', '..');
/** `api/orders/routes` for `test/api/orders/routes.test.ts`. */
export const testFileName = (path: string): string => relative(TESTS, path).replace(/\.test\.ts$/, '');
