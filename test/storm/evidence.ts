import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { roleNames } from '../../roles/role.ts';
import { readRows } from './checks/rows.ts';
import type { Topics } from './nemesis/topics.ts';
import type { World } from './world/world.ts';

/** Saves what you need to find the cause of a violation: the roles' logs, the rows and the Kafka messages. */
export async function saveEvidence(dir: string, world: World, topics: Topics): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const role of roleNames) await copyFile(join(world.dir, role, `${role}.log`), join(dir, `${role}.log`));
  await writeFile(join(dir, 'rows.json'), JSON.stringify(await readRows(world.databases), null, 1));
  await writeFile(join(dir, 'messages.json'), JSON.stringify(await topics.orderMessages(), null, 1));
}
