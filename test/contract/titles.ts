import { readFileSync } from 'node:fs';

/** A title up to the function that follows it, since one that is put together may have quotes of its own. */
const TITLES = /\btest\(\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`([^]*?)`),\s*(?:async\b|\(|\{)/g;
/** What a title is put together from; braces within it are there once deep. */
const PART = /\$\{(?:[^{}]|\{[^{}]*\})*\}/;

/** What the tests of a file are called: true for a name that one of them has, or could have where names are put together. */
export function titlesIn(path: string): (name: string) => boolean {
  const patterns = [...readFileSync(path, 'utf8').matchAll(TITLES)].map(([, single, double, template]) =>
    template === undefined ? patternOf([single ?? double!]) : patternOf(template.split(PART)),
  );
  return (name) => patterns.some((pattern) => pattern.test(name));
}

const patternOf = (parts: readonly string[]): RegExp =>
  new RegExp(`^${parts.map((part) => literal(unescaped(part))).join('[^]*')}$`);
const unescaped = (text: string): string => text.replaceAll(/\\(.)/g, '$1');
const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
