import { columns } from '../terminal.ts';
import { LISTED_MAX, type DeadLetterList, type DeadLetterMessage } from './letters.ts';
import { formatPosition } from './place.ts';

/** Omits the content, which may be personal. `sent` counts how often each was resent; undefined if unknown. */
export function formatDeadLetters(
  { letters, complete, missing }: DeadLetterList,
  sent: Map<string, number> | undefined,
): string {
  const rest = [
    ...(complete ? [] : ['The topics could not be read to the end in time, so there may be more.']),
    ...(missing.length === 0 ? [] : [`Kafka has no topic ${missing.join(', ')}. Create it.`]),
  ];
  if (letters.length === 0) return ['There are no dead letters.', ...rest].join('\n');
  const rows = letters.map((letter) => [
    formatPosition(letter),
    letter.writtenAt.toISOString(),
    letter.headers['eventType'] ?? 'no type',
    letter.key?.toString() ?? 'no key',
    sent ? String(sent.get(formatPosition(letter)) ?? 0) : '?',
    letter.origin?.reason ?? 'unknown',
    letter.fault === undefined ? 'can be processed now' : '',
  ]);
  const head = ['position', 'moved at', 'event', 'key', 'sent again', 'reason', ''];
  const bound = `Only the newest ${LISTED_MAX} of each topic are listed.`;
  return [...columns([head, ...rows]), ...rest, ...(letters.length >= LISTED_MAX ? [bound] : [])].join('\n');
}

/** Formats a dead letter with its content. */
export function formatDeadLetter(letter: DeadLetterMessage): string {
  const { origin, value, key, fault } = letter;
  return [
    `Dead letter ${formatPosition(letter)}`,
    ...columns([
      ['moved at', letter.writtenAt.toISOString()],
      ['reason', origin?.reason ?? 'unknown: it has no dead-letter headers'],
      ['now', fault === undefined ? 'can be processed now' : `still cannot be processed: ${fault}`],
      [
        'original',
        origin ? `${origin.original.topic} partition ${origin.partition} offset ${origin.offset}` : 'unknown',
      ],
      ['key', key?.toString() ?? 'none'],
    ]),
    'Headers',
    ...columns(Object.entries(origin?.original.headers ?? letter.headers)),
    'Content',
    `  ${value === null ? 'none' : printable(value)}`,
  ].join('\n');
}

/** Shows anything but text in hexadecimal: control characters could manipulate the terminal. */
function printable(value: Buffer): string {
  const text = value.toString('utf8');
  // eslint-disable-next-line no-control-regex
  const isText = Buffer.from(text).equals(value) && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text);
  return isText ? text : `${value.length} bytes: ${value.toString('hex')}`;
}
