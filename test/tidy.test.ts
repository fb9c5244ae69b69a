/** Structure of the repository. Each title gives the reason. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const FOLDERS = ['workflows', 'activities', 'api', 'prisma', 'specs', 'lib', 'bin', 'local', 'test', 'bench', 'tools'];
const LINES_MAX = 200;
const FUNCTION_LINES_MAX = 50;

interface Source {
  path: string;
  text: string;
}

const sources: Source[] = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?ts$|\.mjs$/.test(name) && !/(^|\/)(generated|node_modules)\//.test(name))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(`${folder}/${name}`, 'utf8') })),
);

const rules: ReadonlyArray<{ in: RegExp; never: RegExp; why: string }> = [
  {
    in: /^workflows\//,
    never: /^import (?!type\b)[^;]*from '(?!@temporalio\/workflow'|\.\/)/m,
    why: 'workflows are replayed, so they import only the Temporal SDK and each other, and everything else by type',
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
    in: /^(?!.*\/(store|statements|books)\.ts|bin\/|local\/|test\/|bench\/|tools\/)/,
    never: /prisma\/generated/,
    why: 'only stores access the database',
  },
  {
    in: /^(lib|specs)\//,
    never: /from '[^']*\.\.\/(api|activities|workflows|bin|local|prisma)\//,
    why: 'lib and specs import nothing that is built on them',
  },
  {
    in: /^activities\//,
    never: /^import (?!type\b)[^;]*from '[^']*\.\.\/(api|bin|local|workflows)\//m,
    why: 'activities reach services, stores and Kafka only through ports',
  },
  {
    in: /^(api|activities|workflows|lib)\//,
    never: /from '[^']*\/(bin|local|test)\//,
    why: 'production code imports no entry point, no local set-up and no test',
  },
  {
    in: /^(api|activities|workflows|lib|bin)\//,
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

test('every file is imported by another or is an entry point', () => {
  const imported = new Set(sources.flatMap(importsOf));
  const scripts = readFileSync('package.json', 'utf8');
  const entry = ({ path, text }: Source) =>
    path.endsWith('.test.ts') || scripts.includes(path) || text.startsWith('#!') || path.endsWith('.d.ts');
  const started = (path: string) =>
    sources.some(({ text }) => text.includes(`'${path.split('/').at(-1)}'`) || text.includes(path));
  assert.deepEqual(
    sources
      .filter((source) => !imported.has(source.path) && !entry(source) && !started(source.path))
      .map(({ path }) => path),
    [],
  );
});

/** Imported files, by value or by type. */
function importsOf({ path, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target]) =>
    normalize(join(dirname(path), target!)),
  );
}

/** Too long functions, top-level or directly in a factory's result, recognised by indentation. */
function longFunctions(text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const [, indent, name] =
      /^( {0,4})(?:export )?(?:async )?(?:function\*? (\w+)|(?:const )?(\w+)(?: = (?:async )?\(|\())/.exec(line) ?? [];
    if (indent === undefined || !/[{(]$/.test(line)) return [];
    const length =
      lines.slice(start + 1).findIndex((each) => each.startsWith(`${indent}}`) || each.startsWith(`${indent})`)) + 2;
    // The functions that a factory returns are measured separately.
    const factory =
      lines.slice(start, start + length).some((each) => /^ {2}return (Object\.assign\(|\{)/.test(each)) &&
      indent === '';
    return length > FUNCTION_LINES_MAX && !factory ? [`${name ?? line.trim()} (${length} lines)`] : [];
  });
}
