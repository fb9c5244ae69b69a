import { readFileSync } from 'node:fs';

/** A title and the function after it. A template may contain quotes, so only the function shows where a title ends. */
const TITLES = /\btest\(\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`([^]*?)`),\s*(?:async\b|\(|\{)/g;
/** A template expression, with at most one level of braces inside. */
const EXPRESSION = /\$\{(?:[^{}]|\{[^{}]*\})*\}/;

/** Returns a predicate: could a test of the file have this title? */
export function titlesIn(path: string): (name: string) => boolean {
  const patterns = [...readFileSync(path, 'utf8').matchAll(TITLES)].map(([, single, double, template]) =>
    template === undefined ? patternOf([single ?? double!]) : patternOf(template.split(EXPRESSION)),
  );
  return (name) => patterns.some((pattern) => pattern.test(name));
}

const patternOf = (parts: readonly string[]): RegExp =>
  new RegExp(`^${parts.map((part) => literal(unescaped(part))).join('[^]*')}$`);
const unescaped = (text: string): string => text.replaceAll(/\\(.)/g, '$1');
const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
