import type { Context } from 'koa';
import type { Operation } from 'openapi-backend';
import rawBody from 'raw-body';
import { parseJson } from './json.ts';
import { Problem } from './problem.ts';

export const BODY_BYTES_MAX = 16 * 1024;
const FORM = 'application/x-www-form-urlencoded';

/** The media types that the body of an operation may have. None: it takes no body. */
export const mediaOf = ({ requestBody }: { requestBody?: Operation['requestBody'] | undefined }): string[] =>
  Object.keys((requestBody as { content?: object } | undefined)?.content ?? {});

/** The body of a request whose operation takes one: parsed JSON, or the fields of a form where the operation takes forms. Otherwise undefined. */
export async function readBody(ctx: Context, operation: Operation): Promise<unknown> {
  const media = mediaOf(operation);
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
    throw new Problem('bad-request', `The body is not JSON that can be taken: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export const unsupported = (media: readonly string[]) =>
  new Problem('unsupported-media-type', `Send the body as ${media.join(' or ')}`);
export const tooLarge = (headers?: Record<string, string>) =>
  new Problem('payload-too-large', `A body may have up to ${BODY_BYTES_MAX} bytes`, headers && { headers });

/** Whether a body could not be read because its client has sent half of it, or nothing that can be read, or has gone. */
export const isBroken = (error: unknown): boolean =>
  /^(request\.|stream\.not\.readable)/.test((error as { type?: string }).type ?? '');

/** The fields of a form. One that is named twice is refused, as in JSON: it is not ours to choose. */
function formFields(text: string): Record<string, string> {
  // What is escaped has to be UTF-8 too: else it would become another character, and two passwords one.
  try {
    decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new Problem('bad-request', 'The form has a % that does not stand for a byte, or bytes that are not UTF-8', {
      cause,
    });
  }
  const fields = [...new URLSearchParams(text)];
  const names = new Set(fields.map(([name]) => name));
  if (names.size < fields.length) throw new Problem('bad-request', 'A field of the form stands there twice');
  return Object.fromEntries(fields);
}

async function readText(ctx: Context): Promise<string> {
  try {
    const bytes = await rawBody(ctx.req, { limit: BODY_BYTES_MAX, length: ctx.request.length ?? null });
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { type } = error as { type?: string };
    // What is left of the body is not read: the connection ends with the answer.
    if (type === 'entity.too.large') throw tooLarge({ connection: 'close' });
    if (isBroken(error) || error instanceof TypeError)
      throw new Problem('bad-request', 'The body did not arrive whole, or is not UTF-8', { cause: error });
    throw error;
  }
}
