import { ConfigFault, wholeNumber, type Env } from '../../lib/config.ts';
import { watchReaders } from '../../roles/audit-watch.ts';
import {
  attributionOf,
  attributionOptions,
  allowOnly,
  orderIdOf,
  readArguments,
  type Attribution,
} from '../arguments.ts';
import { runCommand, UsageError, type CommandResult } from '../command.ts';
import { withInstallation } from '../installation.ts';
import { withTools } from '../tools.ts';
import { cancel } from './cancel.ts';
import { findStuck } from './find-stuck.ts';
import { restore } from './restore.ts';
import { retry } from './retry.ts';
import { describeOrder } from './story.ts';
import { formatStuck } from './stuck-words.ts';
import { subjectOf } from './subject.ts';

const USAGE = `Usage: npm run order <order id>
       npm run order -- --stuck [--longer-than <seconds>]
       npm run order -- retry <order id> --reason "<why>" [--again] [--operator <name>]
       npm run order -- cancel <order id> --reason "<why>" [--operator <name>]
       npm run order -- restore <order id> --reason "<why>" [--operator <name>]`;

const OPTIONS = {
  ...attributionOptions,
  stuck: { type: 'boolean' },
  'longer-than': { type: 'string' },
  again: { type: 'boolean' },
} as const;
const DAY_S = 86_400;

/** Shows or acts on one order, or lists stuck orders. */
export const orderCommand = (args: readonly string[], env: Env): Promise<CommandResult> =>
  runCommand(USAGE, args, () => dispatch(args, env));

async function dispatch(args: readonly string[], env: Env): Promise<CommandResult> {
  const { positionals, values } = readArguments(args, OPTIONS);
  const [first, id, ...more] = positionals;
  if (values['stuck'] && positionals.length === 0) {
    allowOnly(values, ['stuck', 'longer-than']);
    return stuckOrders(env, String(values['longer-than'] ?? ''));
  }
  if (isAction(first) && more.length === 0) {
    allowOnly(values, [...Object.keys(attributionOptions), ...(first === 'retry' ? ['again'] : [])]);
    return perform(env, {
      act: first,
      id: orderIdOf(id),
      attribution: attributionOf(values),
      again: values['again'] === true,
    });
  }
  if (first === undefined || id !== undefined)
    throw new UsageError('Give one order id, on its own or after retry, cancel or restore.');
  allowOnly(values, []);
  const shown = orderIdOf(first);
  return withInstallation(env, (installation) => describeOrder(shown, installation));
}

async function stuckOrders(env: Env, longerThan: string): Promise<CommandResult> {
  const longerThanS = longerThan ? secondsOf(longerThan) : watchReaders.stuckAfterS(env);
  return withTools(env, async (tools) => {
    const stuck = await findStuck(tools, longerThanS * 1000);
    return { text: formatStuck(stuck, longerThanS), exitCode: stuck.unreadable.length > 0 ? 2 : 0 };
  });
}

function secondsOf(arg: string): number {
  try {
    const read = wholeNumber('--longer-than', 'seconds without progress', { min: 0, max: DAY_S, otherwise: 0 });
    return read({ '--longer-than': arg });
  } catch (error) {
    throw error instanceof ConfigFault ? new UsageError(error.message, { cause: error }) : error;
  }
}

const actions = ['retry', 'cancel', 'restore'] as const;
const isAction = (arg: string | undefined): arg is (typeof actions)[number] => actions.some((each) => each === arg);

interface ActionRequest {
  act: (typeof actions)[number];
  id: string;
  attribution: Attribution;
  again: boolean;
}

const perform = (env: Env, { act, id, attribution, again }: ActionRequest): Promise<CommandResult> =>
  withTools(env, async (tools) => {
    // A row is enough to cancel: without Temporal, the request is recorded and carried out later.
    const subject = await subjectOf(tools, id, { rowIsEnough: act === 'cancel' });
    if (!subject.placed && !subject.order && !subject.cancellation)
      return { text: `There is no order ${id}.`, exitCode: 1 };
    return tools.journal.record({ act, subject: id, ...attribution }, async () => {
      if (act === 'cancel') return cancel(tools, subject);
      return act === 'restore' ? restore(tools, subject) : retry(tools, subject, { again });
    });
  });
