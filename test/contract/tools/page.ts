import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange } from '../../support/requests/exchanges.ts';
import { documented } from './answers.ts';
import { fromPage, toPage } from './table.ts';

export const ROOT = join(import.meta.dirname, '../../..');
const PAGE = join(ROOT, 'docs', 'contract-coverage.md');

/** Reads the exchanges that the committed page lists. */
export const readPage = async (): Promise<Exchange[]> => fromPage(await readFile(PAGE, 'utf8'));

/** Replaces the committed page. */
export const writePage = async (exchanges: readonly Exchange[]): Promise<void> =>
  writeFile(PAGE, await toPage(documented(), exchanges, PAGE));
