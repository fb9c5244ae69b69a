import { ConfigFault, wholeNumber, type Env } from '../../lib/config.ts';
import { watchReaders } from '../audit/watch.ts';
import { answer, Misuse, type Told } from '../command.ts';
import { tellOrder } from '../story/order-story.ts';
import { accountOf, accountOptions, onlyOptions, orderIdOf, readArguments, type Account } from './arguments.ts';
import { cancel } from './cancel.ts';
import { findStuck } from './find-stuck.ts';
import { restore } from './restore.ts';
import { retry } from './retry.ts';
import { tellStuck } from './stuck-words.ts';
import { subjectOf } from './subject.ts';
import { withTools } from './tools.ts';

const USAGE = `Usage: npm run order <order id>
       npm run order -- --stuck [--longer-than <seconds>]
       npm run order -- retry <order id> --reason "<why>" [--again] [--operator <name>]
       npm run order -- cancel <order id> --reason "<why>" [--operator <name>]
       npm run order -- restore <order id> --reason "<why>" [--operator <name>]`;

const OPTIONS = {
  ...accountOptions,
  stuck: { type: 'boolean' },
  'longer-than': { type: 'string' },
  again: { type: 'boolean' },
} as const;
const DAY_S = 86_400;

/** One order, those that are stuck, or an act on one. */
export const orderCommand = (words: readonly string[], env: Env): Promise<Told> =>
  answer(USAGE, words, () => understood(words, env));

async function understood(words: readonly string[], env: Env): Promise<Told> {
  const { positionals, values } = readArguments(words, OPTIONS);
  const [first, id, ...more] = positionals;
  if (values['stuck'] && positionals.length === 0) {
    onlyOptions(values, ['stuck', 'longer-than']);
    return stuckOrders(env, String(values['longer-than'] ?? ''));
  }
  if (isAct(first) && more.length === 0) {
    onlyOptions(values, [...Object.keys(accountOptions), ...(first === 'retry' ? ['again'] : [])]);
    return actOn(env, { act: first, id: orderIdOf(id), account: accountOf(values), again: values['again'] === true });
  }
  if (first === undefined || id !== undefined)
    throw new Misuse('Say which order: one id, alone or after what to do with it.');
  onlyOptions(values, []);
  return tellOrder(orderIdOf(first), env);
}

async function stuckOrders(env: Env, longerThan: string): Promise<Told> {
  const longerThanS = longerThan ? secondsOf(longerThan) : watchReaders.stuckAfterS(env);
  return withTools(env, async (tools) => {
    const stuck = await findStuck(tools, longerThanS * 1000);
    return { text: tellStuck(stuck, longerThanS), exitCode: stuck.unread.length > 0 ? 2 : 0 };
  });
}

function secondsOf(word: string): number {
  try {
    return wholeNumber('--longer-than', { min: 0, max: DAY_S, otherwise: 0 })({ '--longer-than': word });
  } catch (error) {
    throw error instanceof ConfigFault ? new Misuse(error.message, { cause: error }) : error;
  }
}

const acts = ['retry', 'cancel', 'restore'] as const;
const isAct = (word: string | undefined): word is (typeof acts)[number] => acts.some((act) => act === word);

interface Asked {
  act: (typeof acts)[number];
  id: string;
  account: Account;
  again: boolean;
}

const actOn = (env: Env, { act, id, account, again }: Asked): Promise<Told> =>
  withTools(env, async (tools) => {
    // The row is enough to cancel: without Temporal it happens later, and is noted now.
    const subject = await subjectOf(tools, id, { rowIsEnough: act === 'cancel' });
    if (!subject.placed && !subject.order && !subject.cancellation)
      return { text: `There is no order ${id}.`, exitCode: 1 };
    return tools.journal.record({ act, subject: id, ...account }, async () => {
      if (act === 'cancel') return cancel(tools, subject);
      return act === 'restore' ? restore(tools, subject) : retry(tools, subject, { again });
    });
  });
