import type { Context } from 'koa';
import type { Operation } from 'openapi-backend';
import rawBody from 'raw-body';
import { parseJson } from './json.ts';
import { Problem } from './problem.ts';

export const BODY_BYTES_MAX = 16 * 1024;
const FORM = 'application/x-www-form-urlencoded';

/** The media types that an operation's body may have. */
export const mediaOf = ({ requestBody }: { requestBody?: Operation['requestBody'] | undefined }): string[] =>
  Object.keys((requestBody as { content?: object } | undefined)?.content ?? {});

/** Returns parsed JSON or form fields; undefined if the operation takes no body, so that `media` is empty. */
export async function readBody(ctx: Context, media: string[]): Promise<unknown> {
  if (media.length === 0) return undefined;
  const type = ctx.is(media);
  if (!type) throw unsupported(media);
  if (ctx.get('content-encoding'))
    throw new Problem('unsupported-media-type', 'Send the body without Content-Encoding');

  const text = await readText(ctx);
  if (type === FORM) return formFields(text);
  try {
    return parseJson(text);
  } catch (error) {
    throw new Problem('bad-request', `The body is not acceptable JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export const unsupported = (media: readonly string[]) =>
  new Problem('unsupported-media-type', `Send the body as ${media.join(' or ')}`);
export const tooLarge = (headers?: Record<string, string>) =>
  new Problem('payload-too-large', `A body may have up to ${BODY_BYTES_MAX} bytes`, headers && { headers });

/** Whether the client sent an incomplete or invalid body, or disconnected. */
export const isUnreadableBody = (error: unknown): boolean =>
  /^(request\.|stream\.not\.readable)/.test((error as { type?: string }).type ?? '');

/** Refuses repeated fields instead of picking one. */
function formFields(text: string): Record<string, string> {
  // URLSearchParams replaces bytes that are not UTF-8, which could make two different passwords equal.
  try {
    decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new Problem('bad-request', 'The form has an invalid percent-encoding, or bytes that are not UTF-8', {
      cause,
    });
  }
  const fields = [...new URLSearchParams(text)];
  const names = new Set(fields.map(([name]) => name));
  if (names.size < fields.length) throw new Problem('bad-request', 'A form field appears twice');
  return Object.fromEntries(fields);
}

async function readText(ctx: Context): Promise<string> {
  try {
    const bytes = await rawBody(ctx.req, { limit: BODY_BYTES_MAX, length: ctx.request.length ?? null });
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { type } = error as { type?: string };
    // The rest of the body stays unread, so the connection must end.
    if (type === 'entity.too.large') throw tooLarge({ connection: 'close' });
    if (isUnreadableBody(error) || error instanceof TypeError)
      throw new Problem('bad-request', 'The body is incomplete, or is not UTF-8', { cause: error });
    throw error;
  }
}
