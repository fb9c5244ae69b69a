import { validate } from 'uuid';
import type { Env } from '../../lib/config.ts';
import { allowOnly, attributionOf, attributionOptions, readArguments, type Attribution } from '../arguments.ts';
import { runCommand, UsageError, type CommandResult } from '../command.ts';
import { withInstallation, type Installation } from '../installation.ts';
import { reasonOf } from '../../lib/reason.ts';
import { describeResending, formatMails, LISTED_MAX } from './words.ts';

const USAGE = `Usage: npm run mails
       npm run mails -- send <mail id>... --reason "<why>" [--operator <name>]`;

/** Lists undeliverable mails, and makes chosen ones due again. */
export const mailsCommand = (args: readonly string[], env: Env): Promise<CommandResult> =>
  runCommand(USAGE, args, () => dispatch(args, env));

async function dispatch(args: readonly string[], env: Env): Promise<CommandResult> {
  const { positionals, values } = readArguments(args, attributionOptions);
  const [verb = 'list', ...words] = positionals;
  if (verb === 'send') {
    const ids = mailIdsOf(words);
    const attribution = attributionOf(values);
    return withInstallation(env, (installation) => sendAll(installation, ids, attribution));
  }
  if (verb !== 'list') throw new UsageError(`Unknown command "${verb}".`);
  if (words.length > 0) throw new UsageError('Too many arguments.');
  allowOnly(values, []);
  return withInstallation(env, async ({ mails }) => ({
    text: formatMails(await mails().list(LISTED_MAX), await mails().waiting()),
    exitCode: 0,
  }));
}

/** Returns the ids in lower case, as stored, each once. */
function mailIdsOf(words: readonly string[]): string[] {
  if (words.length === 0) throw new UsageError('Give the id of at least one mail, as shown in the list.');
  const wrong = words.find((word) => !validate(word));
  if (wrong !== undefined)
    throw new UsageError(`"${wrong}" is not the id of a mail. Give the ids that the list shows in its first column.`);
  return [...new Set(words.map((word) => word.toLowerCase()))];
}

async function sendAll(
  { mails, journal }: Installation,
  ids: readonly string[],
  attribution: Attribution,
): Promise<CommandResult> {
  const [store, acts] = [mails(), journal()];
  const sendOne = async (id: string): Promise<CommandResult> => {
    if (!(await store.exists(id)))
      return { text: `There is no mail ${id}. "npm run mails" lists the undeliverable ones.`, exitCode: 1 };
    return acts.record({ act: 'send-mail', subject: id, ...attribution }, async () =>
      describeResending(await store.resend(id)),
    );
  };
  const results: CommandResult[] = [];
  for (const id of ids) results.push(await sendOne(id).catch((error: unknown) => failed(id, error)));
  return {
    text: results.map(({ text }) => text).join('\n'),
    exitCode: results.map(({ exitCode }) => exitCode).reduce((worst, each) => (each > worst ? each : worst)),
    ...(results.every(({ isError }) => isError) && { isError: true }),
  };
}

/** Returned, not thrown, so that the output still says what was done with the other mails. */
const failed = (id: string, error: unknown): CommandResult => ({
  text: `The command failed for mail ${id}: ${reasonOf(error)}`,
  exitCode: 2,
  isError: true,
});
