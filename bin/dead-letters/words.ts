import { columns } from '../story/text.ts';
import { LISTED_MAX, type Letter } from './letters.ts';
import { placeName } from './place.ts';

/** All dead letters as a table. Without their content, which may be personal. `sent` says how often each was sent again; undefined when that is not known. */
export function tellLetters(
  { letters, whole }: { letters: Letter[]; whole: boolean },
  sent: Map<string, number> | undefined,
): string {
  const rest = whole ? [] : ['The topics could not be read to their end in time: there may be more.'];
  if (letters.length === 0) return ['There are no dead letters.', ...rest].join('\n');
  const rows = letters.map((letter) => [
    placeName(letter),
    letter.writtenAt.toISOString(),
    letter.headers['eventType'] ?? 'no type',
    letter.key?.toString() ?? 'no key',
    sent ? String(sent.get(placeName(letter)) ?? 0) : '?',
    letter.setAside?.reason ?? 'unknown',
    letter.fault === undefined ? 'could be handled now' : '',
  ]);
  const head = ['place', 'set aside', 'event', 'key', 'sent again', 'why', ''];
  const bound = `Of each topic the newest ${LISTED_MAX} are listed.`;
  return [...columns([head, ...rows]), ...rest, ...(letters.length >= LISTED_MAX ? [bound] : [])].join('\n');
}

/** One dead letter with all that it holds. */
export function tellLetter(letter: Letter): string {
  const { setAside, value, key, fault } = letter;
  const now = fault === undefined ? 'could be handled now' : `could not be handled now either: ${fault}`;
  return [
    `Dead letter ${placeName(letter)}`,
    ...columns([
      ['set aside', `${letter.writtenAt.toISOString()}, ${now}`],
      ['why', setAside?.reason ?? 'not known: nobody has set it aside'],
      [
        'found at',
        setAside ? `${setAside.original.topic} partition ${setAside.partition} offset ${setAside.offset}` : 'not known',
      ],
      ['key', key?.toString() ?? 'none'],
    ]),
    'Headers',
    ...columns(Object.entries(setAside?.original.headers ?? letter.headers)),
    'Content',
    `  ${value === null ? 'none' : contentOf(value)}`,
  ].join('\n');
}

/** Text as it is, and anything else in hexadecimal. Control characters could do things to a terminal. */
function contentOf(value: Buffer): string {
  const text = value.toString('utf8');
  // eslint-disable-next-line no-control-regex
  const isText = Buffer.from(text).equals(value) && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text);
  return isText ? text : `${value.length} bytes: ${value.toString('hex')}`;
}
