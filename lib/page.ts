import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Context } from 'koa';

/** Answers a request with the page. Each `{{name}}` in it becomes the value of that name. */
export type Page = (ctx: Context, values?: Readonly<Record<string, string>>) => void;

/**
 * Reads a page of web/ with the style that all pages share. The style travels within the page, so that a page needs nothing
 * further from anywhere, and its policy can forbid everything but that style and a form to where the page came from.
 */
export function loadPage(name: string): Page {
  const style = read('style.css');
  const html = read(`${name}.html`).replace('<!-- style -->', () => `<style>${style}</style>`);
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;

  return (ctx, values = {}) => {
    ctx.set('content-security-policy', policy);
    // Under `no-referrer` a browser says `Origin: null` with a form, which is what a page of nowhere says.
    ctx.set('referrer-policy', 'same-origin');
    ctx.type = 'html';
    ctx.body = html.replace(/\{\{(\w+)\}\}/g, (_, key: string) => escape(values[key] ?? ''));
  };
}

const read = (name: string): string => readFileSync(new URL(`../web/${name}`, import.meta.url), 'utf8');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);
