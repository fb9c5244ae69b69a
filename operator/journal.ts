import type { OperatorAct, OperatorActStore } from '../api/orders/operator-act-store.ts';
import { reasonOf } from '../lib/reason.ts';
import type { Attribution } from './arguments.ts';
import type { CommandResult } from './command.ts';

export interface OperatorAction extends Attribution {
  act: 'retry' | 'cancel' | 'restore' | 'send-dead-letter' | 'send-mail';
  /** An order id, a dead-letter position or the id of a mail. */
  subject: string;
}

const DONE = 'done';

/**
 * Records all operator actions in the orders database, even those on dead letters and mails, so that there is one
 * place to look.
 */
export function createJournal(acts: OperatorActStore) {
  return {
    /** Records the action, performs it and records its outcome. An action that cannot be recorded is not performed. */
    async record(
      { act, subject, reason, operator }: OperatorAction,
      perform: () => Promise<CommandResult>,
    ): Promise<CommandResult> {
      const id = await acts.begin({ operator, act, subject, reason });
      const result = await perform().catch(async (error: Error) => {
        await acts.finish(id, `failed: ${reasonOf(error)}`).catch(() => {});
        throw error;
      });
      const warning = await acts.finish(id, `${result.exitCode === 0 ? DONE : 'refused'}: ${result.text}`).then(
        () => '',
        (error: Error) => `\nThis outcome could not be recorded: ${reasonOf(error)}`,
      );
      return { ...result, text: result.text + warning };
    },

    /** The actions on these subjects, oldest first. */
    of: async (...subjects: readonly string[]): Promise<OperatorAct[]> => {
      const found = await Promise.all(subjects.map((subject) => acts.of(subject)));
      return found.flat().toSorted((a, b) => a.at.getTime() - b.at.getTime());
    },

    /** Counts successful actions per subject. */
    doneOn: (subjects: readonly string[]): Promise<Map<string, number>> => acts.count(subjects, DONE),

    close: () => acts.close(),
  };
}
