import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Context } from 'koa';

/** Responds with the page. Each `{{name}}` becomes that value, escaped. */
export type Page = (ctx: Context, values?: Readonly<Record<string, string>>) => void;

/**
 * Reads a page of web/ and inlines the shared style, so that its policy can forbid everything but that style and forms
 * to its own origin.
 */
export function loadPage(name: string): Page {
  const style = read('style.css');
  const html = read(`${name}.html`).replace('<!-- style -->', () => `<style>${style}</style>`);
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

  return (ctx, values = {}) => {
    ctx.set('content-security-policy', policy);
    // With `no-referrer`, browsers submit forms with `Origin: null`, like a foreign page.
    ctx.set('referrer-policy', 'same-origin');
    ctx.type = 'html';
    ctx.body = html.replace(/\{\{(\w+)\}\}/g, (_, key: string) => escape(values[key] ?? ''));
  };
}

const read = (name: string): string => readFileSync(new URL(`../../web/${name}`, import.meta.url), 'utf8');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);
