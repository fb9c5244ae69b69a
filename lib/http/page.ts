import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Context } from 'koa';

/** Responds with the page. Each `{{name}}` becomes the value of that name, escaped. */
export type Page = (ctx: Context, values?: Readonly<Record<string, string>>) => void;

/**
 * Reads a page of web/ and inlines the shared style. The page's content security policy can then forbid everything
 * except that style, and forms that go to the page's own origin.
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
    // Helmet's default, `no-referrer`, makes browsers submit forms with `Origin: null`, as if from a foreign page.
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
