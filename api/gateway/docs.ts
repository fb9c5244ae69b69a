import { readFileSync } from 'node:fs';
import type { Middleware } from 'koa';
import { fixedResponse, type Fixed } from '../../lib/http/fixed.ts';

/** Swagger UI needs inline styles and `data:` icons. It may call only its own origin. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/** A file keeps its name when its content changes, so browsers must soon check for a new version. */
const HEADERS = { 'content-security-policy': POLICY, 'cache-control': 'public, max-age=300' };

const web = (name: string) => new URL(`../../web/${name}`, import.meta.url);
const swagger = (name: string) => new URL(import.meta.resolve(`swagger-ui-dist/${name}`));

const files: ReadonlyArray<{ path: string; at: URL; type: string }> = [
  { path: '/docs', at: web('docs.html'), type: 'html' },
  { path: '/docs/docs.js', at: web('docs.js'), type: 'js' },
  { path: '/docs/swagger-ui.css', at: swagger('swagger-ui.css'), type: 'css' },
  { path: '/docs/swagger-ui-bundle.js', at: swagger('swagger-ui-bundle.js'), type: 'js' },
  { path: '/docs/favicon-32x32.png', at: swagger('favicon-32x32.png'), type: 'png' },
];

/** Serves the API reference under `/docs` from local files, which it reads once. `/` redirects there. */
export function serveDocs(document: object): Middleware {
  const responses = new Map<string, Fixed>(
    files.map(({ path, at, type }) => [path, fixedResponse(readFileSync(at), type, HEADERS)]),
  );
  responses.set('/docs/openapi.json', fixedResponse(JSON.stringify(document), 'json', HEADERS));

  return async (ctx, next) => {
    const respond = responses.get(ctx.path);
    if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || (!respond && ctx.path !== '/')) return next();
    ctx.state.path = ctx.path;
    if (respond) respond(ctx);
    else ctx.redirect('/docs');
  };
}
