import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Context } from 'koa';
import { fixedResponse, type Fixed } from './fixed.ts';

/** Responds with the page. Each `{{name}}` becomes the value of that name, escaped. */
export type Page = (ctx: Context, values?: Readonly<Record<string, string>>) => void;

/**
 * Maximum number of rendered pages in memory: enough for each kind of problem, and little memory even if values vary.
 */
const RENDERED_MAX = 100;

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

  const headers = {
    'content-security-policy': policy,
    // Helmet's default, `no-referrer`, makes browsers submit forms with `Origin: null`, as if from a foreign page.
    'referrer-policy': 'same-origin',
    'cache-control': 'public, no-cache',
  };
  const rendered = new Map<string, Fixed>();
  const render = (values: Readonly<Record<string, string>>) =>
    fixedResponse(
      html.replace(/\{\{(\w+)\}\}/g, (_, key: string) => escape(values[key] ?? '')),
      'html',
      headers,
    );

  return (ctx, values = {}) => {
    const key = JSON.stringify(values);
    const respond = rendered.get(key) ?? render(values);
    if (rendered.size < RENDERED_MAX) rendered.set(key, respond);
    respond(ctx);
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
