import { setTimeout as sleep } from 'node:timers/promises';
import { auditCommand } from '../../operator/audit/command.ts';
import { eventually } from '../support/eventually.ts';
import { mailsIn } from '../support/shop/inbox.ts';
import { checkAtQuiescence } from './checks/at-quiescence.i5-i6-i8-i15.ts';
import { checkCancellations } from './checks/cancellations.i13-i14.ts';
import { checkAcrossDatabases, checkWithinDatabases } from './checks/databases.i1-i2-i4-i7-i10-i12-i15.ts';
import { checkDeadLetters } from './checks/dead-letters.i16.ts';
import { checkUnchanged, digestOf } from './checks/digest.i17-i18.ts';
import { checkFinalReads, readAsBuyers } from './checks/final-reads.i13.ts';
import { checkMails } from './checks/mails.i15.ts';
import { checkMovements } from './checks/movements.i3-i12-i13-i14.ts';
import { checkPlacing } from './checks/placing.i11-i12-i13-i14.ts';
import { checkPrivacy } from './checks/privacy.i22-i23.ts';
import { checkReads } from './checks/reads.i13.ts';
import { resendAll } from './checks/resend.i18.ts';
import { checkResponses } from './checks/responses.i24.ts';
import { readRows, type Rows } from './checks/rows.ts';
import { checkSecrecy } from './checks/secrets.i25.ts';
import { checkStaleRejections } from './checks/stale-rejections.i11.ts';
import { checkTransitions, readTransitions, checkNotificationTimes } from './checks/transitions.i9-i10-i15.ts';
import { violations, type Violation } from './checks/violation.ts';
import { checkWorkflows, readWorkflows } from './checks/workflows.i8.ts';
import type { Buyer } from './clients/buyer.ts';
import type { History } from './clients/history.ts';
import type { Topics } from './nemesis/topics.ts';
import { untilQuiet } from './quiescence.ts';
import type { World } from './world/world.ts';

const VISIBILITY_LAG_MS_MAX = 30_000;
const CHECK_EVERY_MS = 1_000;

export interface ProofPorts {
  world: World;
  topics: Topics;
  buyers: readonly Buyer[];
  history: History;
  faults: number;
  quietWithinMs: number;
  signal: AbortSignal;
  onFound(found: readonly Violation[]): void;
  print(line: string): void;
}

/** Runs every check at quiescence. Returns the rows as they were before redelivery and resending. */
export async function prove(ports: ProofPorts): Promise<Rows> {
  const { world, topics, buyers, history, faults, signal, onFound, print } = ports;
  const finalReads = await readAsBuyers(buyers);
  const rows = await readRows(world.databases);
  const { exchanges } = history;
  onFound(await checkWithinDatabases(world.databases));
  const transitions = await readTransitions(world.databases);
  onFound([
    ...checkAcrossDatabases(rows),
    ...checkAtQuiescence(rows),
    ...checkTransitions(transitions),
    ...checkNotificationTimes(transitions, rows),
  ]);
  onFound([
    ...checkPlacing(exchanges, rows),
    ...checkStaleRejections(exchanges, rows),
    ...checkMovements(exchanges, rows),
    ...checkCancellations(exchanges, rows),
  ]);
  onFound([...checkReads(exchanges, rows), ...checkFinalReads(finalReads, rows)]);
  onFound([...checkPrivacy(exchanges, rows), ...checkResponses(exchanges, { faults })]);
  onFound(await recheck(async () => checkWorkflows(await readWorkflows(world.temporal.client), rows)));
  onFound(checkDeadLetters(await eventually(() => topics.deadLetters())));
  onFound(checkMails(await mailsIn(world.stack.servers.mail!.inboxUrl), rows, buyers));
  onFound(await checkWithAudit(world));

  print(`${await redeliver(ports)} messages redelivered`);
  const { sent, found } = await resendAll({ world, buyers, exchanges: [...exchanges], rows, signal });
  onFound(found);
  print(`${sent} money requests sent again`);
  onFound(await checkWithinDatabases(world.databases));
  onFound(await checkSecrecy(exchanges, world));
  onFound(violations('I29', world.roles.unexpectedExits, String));
  return rows;
}

/** Repeats a check until it passes, since Temporal's workflow list lags. Returns what is left at the deadline. */
async function recheck(check: () => Promise<Violation[]>): Promise<Violation[]> {
  for (const deadline = Date.now() + VISIBILITY_LAG_MS_MAX; ; await sleep(CHECK_EVERY_MS)) {
    const found = await check();
    if (found.length === 0 || Date.now() > deadline) return found;
  }
}

async function checkWithAudit({ stack }: World): Promise<Violation[]> {
  const { text, exitCode } = await eventually(async () => {
    const result = await auditCommand([], stack.env());
    if (result.exitCode > 1) throw new Error(result.text);
    return result;
  });
  return exitCode === 0
    ? []
    : [
        {
          invariant: (/^(I\d+) {2}/m.exec(text)?.[1] ?? 'I8') as Violation['invariant'],
          what: `the audit reports:\n${text}`,
        },
      ];
}

/** Redelivers every topic from the start: no table may change. Returns the number of messages redelivered. */
async function redeliver({ world, topics, quietWithinMs, onFound, signal }: ProofPorts): Promise<number> {
  const before = await digestOf(world.databases);
  let redelivered = 0;
  await world.roles.whileStopped('notifications', async () => {
    await topics.rewind();
    redelivered = await topics.lag();
  });
  const { pending } = await untilQuiet(world, topics, { withinMs: quietWithinMs, signal });
  if (pending.length > 0)
    onFound([{ invariant: 'I17', what: `still pending after redelivering every message: ${pending.join(', ')}` }]);
  onFound(checkUnchanged('I17', before, await digestOf(world.databases), 'redelivery'));
  onFound(checkDeadLetters(await eventually(() => topics.deadLetters())));
  return redelivered;
}
