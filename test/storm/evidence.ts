import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { roleNames } from '../../bin/role.ts';
import { readBooks } from './checks/books.ts';
import type { Topics } from './nemesis/topics.ts';
import type { World } from './world/world.ts';

/** Keeps what somebody needs who wants to find the cause of a violation: the logs of the roles, the books and the messages. */
export async function keepEvidence(dir: string, world: World, topics: Topics): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const role of roleNames) await copyFile(join(world.dir, role, `${role}.log`), join(dir, `${role}.log`));
  await writeFile(join(dir, 'books.json'), JSON.stringify(await readBooks(world.databases), null, 1));
  await writeFile(join(dir, 'messages.json'), JSON.stringify(await topics.messages(), null, 1));
}
