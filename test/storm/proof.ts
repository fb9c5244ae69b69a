import { setTimeout as sleep } from 'node:timers/promises';
import { auditCommand } from '../../bin/audit/run.ts';
import { eventually } from '../support/eventually.ts';
import { mailsIn } from '../support/inbox.ts';
import { brokenAnswers } from './checks/answers.ts';
import { readBooks, type Books } from './checks/books.ts';
import { changed, digestOf } from './checks/digest.ts';
import { brokenLastReads, readAll } from './checks/last-reads.ts';
import { brokenLetters } from './checks/letters.ts';
import { brokenMails } from './checks/mails.ts';
import { brokenMoves } from './checks/moved.ts';
import { brokenPlacing } from './checks/placed.ts';
import { brokenAtRest } from './checks/quiet.ts';
import { brokenReads } from './checks/reads.ts';
import { brokenRefusals } from './checks/refused.ts';
import { resendAll } from './checks/resend.ts';
import { brokenSecrecy } from './checks/secrets.ts';
import { brokenAcross, brokenNow } from './checks/snapshot.ts';
import { brokenPrivacy } from './checks/strangers.ts';
import { brokenCancellations } from './checks/taken-back.ts';
import { brokenTransitions, readTransitions, toldTooEarly } from './checks/transitions.ts';
import { violations, type Violation } from './checks/violation.ts';
import { brokenWorkflows, readWorkflows } from './checks/workflows.ts';
import type { Buyer } from './clients/buyer.ts';
import type { History } from './clients/history.ts';
import type { Topics } from './nemesis/topics.ts';
import { untilQuiet } from './quiescence.ts';
import type { World } from './world/world.ts';

const LIST_LAGS_MS_MAX = 30_000;
const LOOK_AGAIN_MS = 1_000;

export interface ProofPorts {
  world: World;
  topics: Topics;
  buyers: readonly Buyer[];
  history: History;
  faults: number;
  quietWithinMs: number;
  signal: AbortSignal;
  /** Told what is not as it should be, as it is found. */
  onFound(found: readonly Violation[]): void;
  say(line: string): void;
}

/** Compares everything with everything, once all has come to rest, and answers the books as they were. */
export async function prove(ports: ProofPorts): Promise<Books> {
  const { world, topics, buyers, history, faults, signal, onFound, say } = ports;
  const lastReads = await readAll(buyers);
  const books = await readBooks(world.databases);
  const { exchanges } = history;
  onFound(await brokenNow(world.databases));
  const transitions = await readTransitions(world.databases);
  onFound([
    ...brokenAcross(books),
    ...brokenAtRest(books),
    ...brokenTransitions(transitions),
    ...toldTooEarly(transitions, books),
  ]);
  onFound([
    ...brokenPlacing(exchanges, books),
    ...brokenRefusals(exchanges, books),
    ...brokenMoves(exchanges, books),
    ...brokenCancellations(exchanges, books),
  ]);
  onFound([...brokenReads(exchanges, books), ...brokenLastReads(lastReads, books)]);
  onFound([...brokenPrivacy(exchanges, books), ...brokenAnswers(exchanges, { faults })]);
  onFound(await brokenInTheEnd(async () => brokenWorkflows(await readWorkflows(world.temporal.client), books)));
  onFound(brokenLetters(await eventually(() => topics.setAside())));
  onFound(brokenMails(await mailsIn(world.stack.servers.mail!.webUrl), books, buyers));
  onFound(await byTheAuditor(world));

  say(`${await redeliver(ports)} messages redelivered`);
  const { sent, found } = await resendAll({ world, buyers, exchanges: [...exchanges], books, signal });
  onFound(found);
  say(`${sent} requests about money sent again`);
  onFound(await brokenNow(world.databases));
  onFound(await brokenSecrecy(exchanges, world));
  onFound(violations('I29', world.roles.endedByThemselves, String));
  return books;
}

/** What is still broken after Temporal's list of workflows, which lags behind, has had time to be brought up to date. */
async function brokenInTheEnd(look: () => Promise<Violation[]>): Promise<Violation[]> {
  for (const deadline = Date.now() + LIST_LAGS_MS_MAX; ; await sleep(LOOK_AGAIN_MS)) {
    const broken = await look();
    if (broken.length === 0 || Date.now() > deadline) return broken;
  }
}

/** What the product finds itself. */
async function byTheAuditor({ stack }: World): Promise<Violation[]> {
  const { text, exitCode } = await eventually(async () => {
    const told = await auditCommand([], stack.env());
    if (told.exitCode > 1) throw new Error(told.text);
    return told;
  });
  return exitCode === 0
    ? []
    : [
        {
          invariant: (/^(I\d+) {2}/m.exec(text)?.[1] ?? 'I8') as Violation['invariant'],
          what: `the audit says:\n${text}`,
        },
      ];
}

/** Has every topic read from its beginning: no table may change by that. Answers how many messages were read once more. */
async function redeliver({ world, topics, quietWithinMs, onFound, signal }: ProofPorts): Promise<number> {
  const before = await digestOf(world.databases);
  let again = 0;
  await world.roles.without('notifications', async () => {
    await topics.rewind();
    again = await topics.lag();
  });
  const { unrest } = await untilQuiet(world, topics, { withinMs: quietWithinMs, signal });
  if (unrest.length > 0)
    onFound([{ invariant: 'I17', what: `after everything was redelivered there are ${unrest.join(', ')}` }]);
  onFound(changed('I17', before, await digestOf(world.databases), 'redelivery'));
  onFound(brokenLetters(await eventually(() => topics.setAside())));
  return again;
}
