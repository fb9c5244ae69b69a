import type { Env } from '../../lib/config.ts';
import { runCommand, UsageError, type CommandResult } from '../command.ts';
import { attributionOf, attributionOptions, allowOnly, readArguments, type Attribution } from '../arguments.ts';
import { withJournal } from '../journal.ts';
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
  const [verb = 'list', position, ...more] = positionals;
  if (more.length > 0 || (verb === 'list' && position)) throw new UsageError('Too many arguments.');
  if (verb === 'send') return sendOne(env, parsePosition(position, deadLetterTopics), attributionOf(values));
  allowOnly(values, []);
  if (verb === 'list') return listAll(env);
  if (verb === 'show') return showOne(env, parsePosition(position, deadLetterTopics));
  throw new UsageError(`Unknown command "${verb}".`);
}

async function listAll(env: Env): Promise<CommandResult> {
  const result = await findDeadLetters(env);
  // The list is useful even without the journal in the orders database.
  const sent = await withJournal(env, (journal) => journal.doneOn(result.letters.map(formatPosition))).catch(
    () => undefined,
  );
  return { text: formatDeadLetters(result, sent), exitCode: result.complete ? 0 : 2 };
}

async function showOne(env: Env, position: Position): Promise<CommandResult> {
  const letter = await findDeadLetter(env, position);
  return letter ? { text: formatDeadLetter(letter), exitCode: 0 } : notFound(position);
}

async function sendOne(env: Env, position: Position, attribution: Attribution): Promise<CommandResult> {
  const letter = await findDeadLetter(env, position);
  if (!letter) return notFound(position);
  return withJournal(env, (journal) =>
    journal.record({ act: 'send-dead-letter', subject: formatPosition(position), ...attribution }, () =>
      send(env, letter),
    ),
  );
}

const notFound = (position: Position): CommandResult => ({
  text: `There is no dead letter at ${formatPosition(position)}. Kafka may have deleted it after the retention time.`,
  exitCode: 1,
});
