import type { Env } from '../../lib/config.ts';
import { answer, Misuse, type Told } from '../command.ts';
import { accountOf, accountOptions, onlyOptions, readArguments, type Account } from '../operator/arguments.ts';
import { withJournal } from '../operator/journal.ts';
import { deadLetterTopics, readLetter, readLetters } from './letters.ts';
import { placeName, placeOf, type Place } from './place.ts';
import { send } from './send.ts';
import { tellLetter, tellLetters } from './words.ts';

const USAGE = `Usage: npm run dead-letters
       npm run dead-letters show <topic>/<partition>/<offset>
       npm run dead-letters -- send <topic>/<partition>/<offset> --reason "<why>" [--operator <name>]`;

/** Lists the messages that were set aside, shows one, or sends one again. */
export const deadLettersCommand = (words: readonly string[], env: Env): Promise<Told> =>
  answer(USAGE, words, () => understood(words, env));

async function understood(words: readonly string[], env: Env): Promise<Told> {
  const { positionals, values } = readArguments(words, accountOptions);
  const [verb = 'list', place, ...more] = positionals;
  if (more.length > 0 || (verb === 'list' && place)) throw new Misuse('That is a word too many.');
  if (verb === 'send') return sendOne(env, placeOf(place, deadLetterTopics), accountOf(values));
  onlyOptions(values, []);
  if (verb === 'list') return listAll(env);
  if (verb === 'show') return showOne(env, placeOf(place, deadLetterTopics));
  throw new Misuse(`There is no "${verb}".`);
}

async function listAll(env: Env): Promise<Told> {
  const read = await readLetters(env);
  // The list is worth having also while the orders database is away.
  const sent = await withJournal(env, (journal) => journal.doneOn(read.letters.map(placeName))).catch(() => undefined);
  return { text: tellLetters(read, sent), exitCode: read.whole ? 0 : 2 };
}

async function showOne(env: Env, place: Place): Promise<Told> {
  const letter = await readLetter(env, place);
  return letter ? { text: tellLetter(letter), exitCode: 0 } : gone(place);
}

async function sendOne(env: Env, place: Place, account: Account): Promise<Told> {
  const letter = await readLetter(env, place);
  if (!letter) return gone(place);
  return withJournal(env, (journal) =>
    journal.record({ act: 'send-dead-letter', subject: placeName(place), ...account }, () => send(env, letter)),
  );
}

const gone = (place: Place): Told => ({
  text: `There is no dead letter at ${placeName(place)}, or none any more.`,
  exitCode: 1,
});
