import type { Scenario } from './scenarios.ts';
import * as scenarios from './scenarios.ts';

/** What happens after a role has died on one side of a step. */
export interface Death {
  failpoint: string;
  scenario: Scenario;
  /** As it is told in docs/reliability.md. */
  follows: string;
  /** True where nothing is known to have happened, so that whoever asked has to ask again. */
  insists: boolean;
}

const {
  ordering,
  takingBack,
  burying,
  depositing,
  joining,
  poisoning,
  orphanedOrder,
  orphanedCancellation,
  orphanedProfile,
} = scenarios;

const RUN_AGAIN = 'Temporal gives the task to a worker again, and the same key finds';
const SENT_AGAIN = 'the mail goes out when the lease ends, twenty seconds later';

/** Whoever asked has to ask again. */
const asksAgain = (failpoint: string, scenario: Scenario, follows: string): Death => ({
  failpoint,
  scenario,
  follows,
  insists: true,
});
/** Nobody asks again. */
const byItself = (failpoint: string, scenario: Scenario, follows: string): Death => ({
  failpoint,
  scenario,
  follows,
  insists: false,
});

/** Both sides of every step: where the role dies, and what then becomes of what it was doing. */
export const deaths: readonly Death[] = [
  asksAgain('place:before', ordering, 'nothing was taken; the same request makes the order'),
  byItself('place:after', ordering, 'there is a row; the auditor starts its workflow'),
  byItself('start:before', ordering, 'there is a row; the auditor starts its workflow'),
  asksAgain('start:after', ordering, 'the order has succeeded; a repeat of the request is told so'),
  byItself('charge:before', ordering, `${RUN_AGAIN} nothing: it charges`),
  byItself('charge:after', ordering, `${RUN_AGAIN} the charge`),
  byItself('billing.withdraw:before', ordering, 'the worker hears nothing and asks again: it is charged then'),
  byItself(
    'billing.withdraw:after',
    ordering,
    'the worker hears nothing and asks again: it is answered the outcome that is stored',
  ),
  byItself('settle:before', ordering, `${RUN_AGAIN} the charge, and the row is moved`),
  byItself('settle:after', ordering, `${RUN_AGAIN} the charge, and the row as it stands`),
  byItself('announce:before', ordering, 'the activity runs again, and publishes'),
  byItself(
    'announce:after',
    ordering,
    'the activity runs again, and publishes the same event id; readers drop the second',
  ),

  asksAgain('cancel-request:before', takingBack, 'nothing is noted; the same request takes the order back'),
  byItself('cancel-request:after', takingBack, 'the row says who wants it back; the auditor starts the cancellation'),
  byItself('cancel-start:before', takingBack, 'the row says who wants it back; the auditor starts the cancellation'),
  asksAgain('cancel-start:after', takingBack, 'the order is cancelled; a repeat of the request is told so'),
  byItself('cancel-charge:before', takingBack, 'the activity runs again, and billing gives the money back'),
  byItself('cancel-charge:after', takingBack, 'the activity runs again, and billing answers what it has promised'),
  byItself(
    'billing.refund:before',
    takingBack,
    'the worker hears nothing and asks again: the money is given back then',
  ),
  byItself('billing.refund:after', takingBack, 'the worker hears nothing and asks again: it is given back once'),
  asksAgain('billing.tombstone:before', burying, 'nothing is stored; who asks again leaves the tombstone'),
  asksAgain('billing.tombstone:after', burying, 'the tombstone stands; who asks again is answered the same'),
  byItself('cancel-settle:before', takingBack, 'the activity runs again, and moves the row'),
  byItself('cancel-settle:after', takingBack, 'the activity runs again, and finds the row moved'),
  byItself('cancel-announce:before', takingBack, 'the activity runs again, and publishes'),
  byItself(
    'cancel-announce:after',
    takingBack,
    'the activity runs again, and publishes the same event id; readers drop the second',
  ),

  asksAgain(
    'billing.replenish:before',
    depositing,
    'nothing is known to the buyer, who sends the deposit again: it is made then',
  ),
  asksAgain(
    'billing.replenish:after',
    depositing,
    'nothing is known to the buyer, who sends the deposit again: it was made once',
  ),

  asksAgain('profile-row:before', joining, 'nothing is written; the same request writes it'),
  byItself('profile-row:after', joining, 'there is a row of the change; the auditor starts its workflow'),
  byItself('profile-start:before', joining, 'there is a row of the change; the auditor starts its workflow'),
  byItself('profile-start:after', joining, 'the workflow runs; the auditor finds it and notes that it was started'),
  byItself('profile-mark:before', joining, 'the workflow runs; the auditor finds it and notes that it was started'),
  byItself('profile-mark:after', joining, 'all is noted; only the answer is lost'),
  byItself('profile-open:before', joining, 'the activity runs again, and opens the account'),
  byItself('profile-open:after', joining, 'the activity runs again, and finds the account open'),
  byItself('billing.open:before', joining, 'the worker hears nothing and asks again: the account is opened then'),
  byItself('billing.open:after', joining, 'the worker hears nothing and asks again: the account is open'),
  byItself('profile-announce:before', joining, 'the activity runs again, and publishes'),
  byItself('profile-announce:after', joining, 'the activity runs again, and publishes the profile as it is now'),

  byItself('record:before', ordering, 'the offset is not committed: the event is delivered again'),
  byItself('record:after', ordering, 'the event is delivered again, and finds its row'),
  byItself('commit:before', ordering, 'the event is delivered again, and finds its row'),
  byItself('commit:after', ordering, 'reading goes on behind the event'),
  byItself('mail-claim:before', ordering, 'nobody has taken the mail; the next sender does'),
  byItself('mail-claim:after', ordering, SENT_AGAIN),
  byItself('mail-send:before', ordering, SENT_AGAIN),
  byItself('mail-send:after', ordering, `${SENT_AGAIN}, for the second time, under the same \`Message-ID\``),
  byItself('mail-mark:before', ordering, `${SENT_AGAIN}, for the second time, under the same \`Message-ID\``),
  byItself('mail-mark:after', ordering, 'the mail is out, and noted'),
  byItself('dead-letter:before', poisoning, 'the message is delivered again, and set aside then'),
  byItself(
    'dead-letter:after',
    poisoning,
    'the message is delivered again, and set aside twice, with the same place in both letters',
  ),

  byItself('audit-order:before', orphanedOrder, 'the next round of any auditor finds the row again'),
  byItself('audit-order:after', orphanedOrder, 'the workflow runs; the next round sees that'),
  byItself('audit-cancellation:before', orphanedCancellation, 'the next round of any auditor finds the row again'),
  byItself('audit-cancellation:after', orphanedCancellation, 'the workflow runs; the next round sees that'),
  byItself('audit-profile:before', orphanedProfile, 'the next round of any auditor finds the row again'),
  byItself('audit-profile:after', orphanedProfile, 'the workflow runs; the next round sees that and notes it'),
];
