/** What holds for the repository as a whole. Every rule says why, because its failure message is the only place where anyone will read it. */
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
    why: 'workflows are replayed: they know the outside world by type only',
  },
  {
    in: /^workflows\//,
    never: /\b(Date\.now|new Date|Math\.random|setTimeout|setInterval|process\.)\b/,
    why: 'a workflow uses sleep, condition and workflowInfo, so that a reader sees the durable clock',
  },
  {
    in: /^(?!bin\/|local\/|test\/|bench\/|tools\/)/,
    never: /process\.env/,
    why: 'only an entry point reads the environment',
  },
  {
    in: /^(?!.*\/(store|statements|books)\.ts|bin\/|local\/|test\/|bench\/|tools\/)/,
    never: /prisma\/generated/,
    why: 'only a store talks to the database',
  },
  {
    in: /^(lib|specs)\//,
    never: /from '[^']*\.\.\/(api|activities|workflows|bin|local|prisma)\//,
    why: 'plumbing and contracts know nothing of what is built on them',
  },
  {
    in: /^activities\//,
    never: /^import (?!type\b)[^;]*from '[^']*\.\.\/(api|bin|local|workflows)\//m,
    why: 'activities reach the world through ports',
  },
  {
    in: /^(api|activities|workflows|lib)\//,
    never: /from '[^']*\/(bin|local|test)\//,
    why: 'nothing that runs in production leans on an entry point, the laptop or a test',
  },
  {
    in: /^(api|activities|workflows|lib|bin)\//,
    never: /\bconsole\./,
    why: 'what an operator reads goes through the log',
  },
  { in: /./, never: /TO[D]O|FIX[M]E|\.(only|skip)\(/, why: 'what is not done is not in the tree' },
];

for (const rule of rules) {
  test(rule.why, () => {
    assert.deepEqual(
      sources.filter(({ path, text }) => rule.in.test(path) && rule.never.test(text)).map(({ path }) => path),
      [],
    );
  });
}

test(`a file has at most ${LINES_MAX} lines: a longer one lacks a noun`, () => {
  assert.deepEqual(
    sources.filter(({ text }) => text.split('\n').length > LINES_MAX + 1).map(({ path }) => path),
    [],
  );
});

test(`a function has at most ${FUNCTION_LINES_MAX} lines: one decides, those that it calls act`, () => {
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

test('every file is imported by another one, or is an entry point', () => {
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

/** The files of ours that one imports by value or by type. */
function importsOf({ path, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target]) =>
    normalize(join(dirname(path), target!)),
  );
}

/** Functions at the top of a file, or directly in what a factory returns, that are longer than the end. Told by their indentation, which the formatter keeps. */
function longFunctions(text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const [, indent, name] =
      /^( {0,4})(?:export )?(?:async )?(?:function\*? (\w+)|(?:const )?(\w+)(?: = (?:async )?\(|\())/.exec(line) ?? [];
    if (indent === undefined || !/[{(]$/.test(line)) return [];
    const length =
      lines.slice(start + 1).findIndex((each) => each.startsWith(`${indent}}`) || each.startsWith(`${indent})`)) + 2;
    // A factory is as long as the things that it makes, each of which is measured by itself.
    const factory =
      lines.slice(start, start + length).some((each) => /^ {2}return (Object\.assign\(|\{)/.test(each)) &&
      indent === '';
    return length > FUNCTION_LINES_MAX && !factory ? [`${name ?? line.trim()} (${length} lines)`] : [];
  });
}
