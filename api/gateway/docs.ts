import { readFile } from 'node:fs/promises';
import type { Middleware } from 'koa';

/** Swagger UI needs inline styles and `data:` icons. It may call only its own origin. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const web = (name: string) => new URL(`../../web/${name}`, import.meta.url);
const swagger = (name: string) => new URL(import.meta.resolve(`swagger-ui-dist/${name}`));

const files: Readonly<Record<string, { at: URL; type: string }>> = {
  '/docs': { at: web('docs.html'), type: 'html' },
  '/docs/docs.js': { at: web('docs.js'), type: 'js' },
  '/docs/swagger-ui.css': { at: swagger('swagger-ui.css'), type: 'css' },
  '/docs/swagger-ui-bundle.js': { at: swagger('swagger-ui-bundle.js'), type: 'js' },
  '/docs/favicon-32x32.png': { at: swagger('favicon-32x32.png'), type: 'png' },
};

/** Serves the API reference under `/docs` from local files. `/` redirects there. */
export function serveDocs(document: object): Middleware {
  const openapi = JSON.stringify(document);
  return async (ctx, next) => {
    const file = Object.hasOwn(files, ctx.path) ? files[ctx.path] : undefined;
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    if (file) {
      ctx.set('content-security-policy', POLICY);
      ctx.type = file.type;
      ctx.body = await readFile(file.at);
    } else if (ctx.path === '/docs/openapi.json') {
      ctx.type = 'json';
      ctx.body = openapi;
    } else if (ctx.path === '/') ctx.redirect('/docs');
    else return next();
  };
}
