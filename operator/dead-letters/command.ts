import type { Env } from '../../lib/config.ts';
import { attributionOf, attributionOptions, allowOnly, readArguments, type Attribution } from '../arguments.ts';
import { runCommand, UsageError, type CommandResult } from '../command.ts';
import { withInstallation, type Installation } from '../installation.ts';
import { deadLetterTopics, findDeadLetter, findDeadLetters } from './letters.ts';
import { formatPosition, parsePosition, type Position } from './place.ts';
import { send } from './send.ts';
import { formatDeadLetter, formatDeadLetters } from './words.ts';

const USAGE = `Usage: npm run dead-letters
       npm run dead-letters show <topic>/<partition>/<offset>
       npm run dead-letters -- send <topic>/<partition>/<offset> --reason "<why>" [--operator <name>]`;

/** Lists, shows and resends dead letters. */
export const deadLettersCommand = (args: readonly string[], env: Env): Promise<CommandResult> =>
  runCommand(USAGE, args, () => dispatch(args, env));

async function dispatch(args: readonly string[], env: Env): Promise<CommandResult> {
  const { positionals, values } = readArguments(args, attributionOptions);
  const [verb = 'list', word, ...more] = positionals;
  if (more.length > 0 || (verb === 'list' && word)) throw new UsageError('Too many arguments.');
  if (verb === 'send') {
    const position = parsePosition(word, deadLetterTopics);
    const attribution = attributionOf(values);
    return withInstallation(env, (installation) => sendOne(installation, position, attribution));
  }
  allowOnly(values, []);
  if (verb === 'list') return withInstallation(env, listAll);
  if (verb !== 'show') throw new UsageError(`Unknown command "${verb}".`);
  const position = parsePosition(word, deadLetterTopics);
  return withInstallation(env, (installation) => showOne(installation, position));
}

async function listAll({ kafka, journal }: Installation): Promise<CommandResult> {
  const result = await findDeadLetters(kafka());
  // The list is useful even without the journal in the orders database.
  const sent = await Promise.resolve()
    .then(() => journal().doneOn(result.letters.map(formatPosition)))
    .catch(() => undefined);
  return { text: formatDeadLetters(result, sent), exitCode: result.complete && result.missing.length === 0 ? 0 : 2 };
}

async function showOne({ kafka }: Installation, position: Position): Promise<CommandResult> {
  const letter = await findDeadLetter(kafka(), position);
  return letter ? { text: formatDeadLetter(letter), exitCode: 0 } : notFound(position);
}

async function sendOne(
  { kafka, journal }: Installation,
  position: Position,
  attribution: Attribution,
): Promise<CommandResult> {
  const letter = await findDeadLetter(kafka(), position);
  if (!letter) return notFound(position);
  return journal().record({ act: 'send-dead-letter', subject: formatPosition(position), ...attribution }, () =>
    send(kafka(), letter),
  );
}

const notFound = (position: Position): CommandResult => ({
  text: `There is no dead letter at ${formatPosition(position)}. Kafka may have deleted it after the retention time.`,
  exitCode: 1,
});
