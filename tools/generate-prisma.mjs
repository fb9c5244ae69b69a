// Generates each service's Prisma client into prisma/generated/. Prisma would download its schema engine, although
// generating needs none. So the setting of the engine names a program that does nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const prisma = `${root}node_modules/prisma/build/index.js`;

// In an image build, npm ci runs this before the schemas are copied, so there may be none yet.
const services = existsSync(`${root}prisma`)
  ? readdirSync(`${root}prisma`).filter((name) => existsSync(`${root}prisma/${name}/schema.prisma`))
  : [];

for (const service of services) {
  const result = spawnSync(
    process.execPath,
    [prisma, 'generate', '--schema', `prisma/${service}/schema.prisma`, '--no-hints'],
    {
      cwd: root,
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      },
      encoding: 'utf8',
    },
  );
  if (result.status !== 0) {
    process.stderr.write(`Generating the Prisma client of ${service} failed:\n${result.stdout}${result.stderr}`);
    process.exit(1);
  }
}
