/** Structure of the repository. Each title gives the reason. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/** The top-level folders, called rooms. A room may import only itself and `mayImport`; `why` gives the reason. */
const ROOMS: Readonly<Record<string, { mayImport: readonly string[]; why: string }>> = {
  specs: { mayImport: [], why: 'contracts depend on nothing that is built on them' },
  lib: { mayImport: ['specs'], why: 'plumbing knows nothing of orders, so that every room can use it' },
  prisma: { mayImport: ['lib'], why: 'migrations need a database, not the services that use it' },
  activities: { mayImport: ['lib', 'specs'], why: 'activities reach services, stores and Kafka only through ports' },
  workflows: { mayImport: ['specs'], why: 'workflows know what they may ask for, not how it is done' },
  api: {
    mayImport: ['workflows', 'lib', 'specs', 'prisma'],
    why: 'a service does not know which role or process it runs in',
  },
  worker: { mayImport: ['lib', 'specs'], why: 'the host runs any workflows and activities it is given' },
  roles: {
    mayImport: ['worker', 'activities', 'api', 'lib', 'specs'],
    why: 'roles are the only place that knows all services',
  },
  operator: { mayImport: ['roles', 'api', 'lib', 'specs'], why: 'an operator uses the stores that the services use' },
  bin: { mayImport: ['operator', 'roles', 'worker', 'lib'], why: 'a program only starts what other rooms contain' },
  local: {
    mayImport: ['operator', 'prisma', 'lib', 'specs'],
    why: 'the local stack starts the app as a program, as an installation does',
  },
  test: { mayImport: ['*'], why: '' },
  bench: { mayImport: ['*'], why: '' },
  tools: { mayImport: ['*'], why: '' },
  integration_tests: { mayImport: ['*'], why: '' },
};
const LINES_MAX = 200;
const FUNCTION_LINES_MAX = 50;

interface Source {
  path: string;
  text: string;
}

const sources: Source[] = Object.keys(ROOMS).flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?ts$|\.mjs$/.test(name) && !/(^|\/)(generated|node_modules)\//.test(name))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(`${folder}/${name}`, 'utf8') })),
);

const rules: ReadonlyArray<{ in: RegExp; never: RegExp; why: string }> = [
  {
    in: /^workflows\//,
    never: /^import (?!type\b)[^;]*from '(?!@temporalio\/workflow'|\.\/|\.\.\/specs\/temporal\.ts')/m,
    why: 'workflows are replayed, so they import by value only the Temporal SDK, its contract and each other',
  },
  {
    in: /^workflows\//,
    never: /\b(Date\.now|new Date|Math\.random|setTimeout|setInterval|process\.)\b/,
    why: 'workflows use no clock, timer, randomness or environment except those of the Temporal SDK',
  },
  {
    in: /^(?!bin\/|local\/|test\/|bench\/|tools\/)/,
    never: /process\.env/,
    why: 'only entry points read the environment',
  },
  {
    in: /^(?!api\/.*(\/|-)(store|statements|audit-view)\.ts|test\/|bench\/|tools\/)/,
    never: /prisma\/generated/,
    why: 'only stores, their statements and audit views access the database',
  },
  {
    in: /^(?!local\/|test\/|bench\/|tools\/|integration_tests\/)/,
    never: /\bconsole\./,
    why: 'production code writes to the log, not to the console',
  },
  { in: /./, never: /TO[D]O|FIX[M]E|\.(only|skip)\(/, why: 'no unfinished work and no disabled test is committed' },
];

for (const rule of rules) {
  test(rule.why, () => {
    assert.deepEqual(
      sources.filter(({ path, text }) => rule.in.test(path) && rule.never.test(text)).map(({ path }) => path),
      [],
    );
  });
}

for (const [room, { mayImport, why }] of Object.entries(ROOMS)) {
  if (mayImport.includes('*')) continue;
  test(`${room}/ imports only ${['itself', ...mayImport].join(', ')}: ${why}`, () => {
    const allowed = new Set([room, ...mayImport]);
    const offenders = sources
      .filter(({ path }) => path.startsWith(`${room}/`))
      .flatMap((source) =>
        importsOf(source)
          .filter((target) => !allowed.has(target.split('/')[0]!))
          .map((target) => `${source.path} imports ${target}`),
      );
    assert.deepEqual(offenders, []);
  });
}

test('every top-level folder with code is a room', () => {
  const folders = readdirSync('.', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
    .filter(({ name }) =>
      readdirSync(name, { recursive: true, encoding: 'utf8' }).some((file) => /\.m?ts$/.test(file)),
    );
  assert.deepEqual(
    folders.map(({ name }) => name).filter((name) => !(name in ROOMS)),
    [],
  );
});

test(`a file has at most ${LINES_MAX} lines: split a longer one by subject`, () => {
  assert.deepEqual(
    sources.filter(({ text }) => text.split('\n').length > LINES_MAX + 1).map(({ path }) => path),
    [],
  );
});

test(`a function has at most ${FUNCTION_LINES_MAX} lines: move the details into functions that it calls`, () => {
  const long = sources
    .filter(({ path }) => !/^(test|bench)\//.test(path))
    .flatMap(({ path, text }) => longFunctions(text).map((name) => `${path} ${name}`));
  assert.deepEqual(long, []);
});

test('no service imports another service', () => {
  const offenders = sources.filter(({ path, text }) => {
    const [, own] = /^api\/([^/]+)\//.exec(path) ?? [];
    return (
      own && importsOf({ path, text }).some((target) => target.startsWith('api/') && !target.startsWith(`api/${own}/`))
    );
  });
  assert.deepEqual(
    offenders.map(({ path }) => path),
    [],
  );
});

/** The files that a source imports, whether values or only types. */
function importsOf({ path, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target]) =>
    normalize(join(dirname(path), target!)),
  );
}

/** The functions that are too long: top-level ones, and those in the object that a factory returns. */
function longFunctions(text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const [, indent, name] =
      /^( {0,4})(?:export )?(?:async )?(?:function\*? (\w+)|(?:const )?(\w+)(?: = (?:async )?\(|\())/.exec(line) ?? [];
    if (indent === undefined || !/[{(]$/.test(line)) return [];
    const length =
      lines.slice(start + 1).findIndex((each) => each.startsWith(`${indent}}`) || each.startsWith(`${indent})`)) + 2;
    // A factory may be longer, because the functions that it returns are measured one by one.
    const factory =
      lines.slice(start, start + length).some((each) => /^ {2}return (Object\.assign\(|\{)/.test(each)) &&
      indent === '';
    return length > FUNCTION_LINES_MAX && !factory ? [`${name ?? line.trim()} (${length} lines)`] : [];
  });
}
