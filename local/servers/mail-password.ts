import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const INBOX_USER = 'inbox';

/** The password of the inbox: random, generated at the first start, stored in a file that only the owner can read. */
export async function inboxPassword(folder: string): Promise<string> {
  const file = join(folder, 'password');
  const stored = await readFile(file, 'utf8').catch(() => '');
  if (stored) return stored;
  const password = randomBytes(12).toString('base64url');
  await writeFile(`${file}.new`, password, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return password;
}
