// Generates the Prisma client of each service into prisma/generated/, from its schema. Needs no network: the schema engine
// that the command line asks for is not used for generating, so it is pointed at a program that does nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const prisma = `${root}node_modules/prisma/build/index.js`;

// An image is built in layers: where the schemas are not there yet, there is nothing to generate.
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
