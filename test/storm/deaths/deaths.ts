import type { Scenario } from './scenarios.ts';
import * as scenarios from './scenarios.ts';

export interface Death {
  failpoint: string;
  scenario: Scenario;
  /** The same words as in docs/reliability.md. */
  outcome: string;
  /** True if the request may be lost, so that its sender has to retry. */
  retries: boolean;
}

const {
  ordering,
  cancelling,
  tombstoning,
  depositing,
  joining,
  publishingUnprocessable,
  orphanedOrder,
  orphanedCancellation,
  orphanedProfile,
} = scenarios;

const RUN_AGAIN = 'Temporal gives the task to a worker again, and under the same key';
const MAIL_AGAIN = 'the mail is sent when the lease ends, twenty seconds later';
const MAIL_TWICE = `${MAIL_AGAIN}, for the second time, with the same \`Message-ID\``;
const AUDITOR_STARTS_ORDER = 'the row exists; the auditor starts its workflow';
const AUDITOR_STARTS_CANCELLATION = 'the row records the request; the auditor starts the cancellation';
const AUDITOR_STARTS_PROFILE = 'the row of the change exists; the auditor starts its workflow';
const AUDITOR_MARKS_PROFILE = 'the workflow runs; the auditor finds it and marks the change as started';
const PUBLISHED_AGAIN = 'the activity runs again and publishes the event with the same id; readers drop the duplicate';
const FOUND_AGAIN = 'the next round of any auditor finds the row again';

const retried = (failpoint: string, scenario: Scenario, outcome: string): Death => ({
  failpoint,
  scenario,
  outcome,
  retries: true,
});
const unattended = (failpoint: string, scenario: Scenario, outcome: string): Death => ({
  failpoint,
  scenario,
  outcome,
  retries: false,
});

/** Where a role dies, and what happens then. */
export const deaths: readonly Death[] = [
  retried('place:before', ordering, 'nothing was written; the same request creates the order'),
  unattended('place:after', ordering, AUDITOR_STARTS_ORDER),
  unattended('start:before', ordering, AUDITOR_STARTS_ORDER),
  retried('start:after', ordering, 'the order has succeeded; the repeated request returns it'),
  unattended('charge:before', ordering, `${RUN_AGAIN} it charges`),
  unattended('charge:after', ordering, `${RUN_AGAIN} it finds the charge`),
  unattended('billing.withdraw:before', ordering, 'the worker gets no response and retries: now billing charges'),
  unattended(
    'billing.withdraw:after',
    ordering,
    'the worker gets no response and retries: billing returns the stored outcome',
  ),
  unattended('settle:before', ordering, `${RUN_AGAIN} it finds the charge and updates the row`),
  unattended('settle:after', ordering, `${RUN_AGAIN} it finds the charge and the updated row`),
  unattended('announce:before', ordering, 'the activity runs again and publishes the event'),
  unattended('announce:after', ordering, PUBLISHED_AGAIN),

  retried('cancel-request:before', cancelling, 'nothing was written; the same request cancels the order'),
  unattended('cancel-request:after', cancelling, AUDITOR_STARTS_CANCELLATION),
  unattended('cancel-start:before', cancelling, AUDITOR_STARTS_CANCELLATION),
  retried('cancel-start:after', cancelling, 'the order is cancelled; the repeated request returns it'),
  unattended('cancel-charge:before', cancelling, 'the activity runs again, and billing refunds the money'),
  unattended('cancel-charge:after', cancelling, 'the activity runs again, and billing returns the stored outcome'),
  unattended('billing.refund:before', cancelling, 'the worker gets no response and retries: now billing refunds'),
  unattended('billing.refund:after', cancelling, 'the worker gets no response and retries: the money is refunded once'),
  retried('billing.tombstone:before', tombstoning, 'nothing was written; the repeated request leaves the tombstone'),
  retried('billing.tombstone:after', tombstoning, 'the tombstone exists; the repeated request gets the same response'),
  unattended('cancel-settle:before', cancelling, 'the activity runs again and updates the row'),
  unattended('cancel-settle:after', cancelling, 'the activity runs again and finds the updated row'),
  unattended('cancel-announce:before', cancelling, 'the activity runs again and publishes the event'),
  unattended('cancel-announce:after', cancelling, PUBLISHED_AGAIN),

  retried('billing.replenish:before', depositing, 'nothing was written; the repeated request makes the deposit'),
  retried('billing.replenish:after', depositing, 'the deposit was made; the repeated request does not make another'),

  retried('profile-row:before', joining, 'nothing was written; the same request writes the profile'),
  unattended('profile-row:after', joining, AUDITOR_STARTS_PROFILE),
  unattended('profile-start:before', joining, AUDITOR_STARTS_PROFILE),
  unattended('profile-start:after', joining, AUDITOR_MARKS_PROFILE),
  unattended('profile-mark:before', joining, AUDITOR_MARKS_PROFILE),
  unattended('profile-mark:after', joining, 'everything is written; only the response is lost'),
  unattended('profile-open:before', joining, 'the activity runs again and opens the account'),
  unattended('profile-open:after', joining, 'the activity runs again and finds the account open'),
  unattended('billing.open:before', joining, 'the worker gets no response and retries: now the account is opened'),
  unattended('billing.open:after', joining, 'the worker gets no response and retries: the account is open'),
  unattended('profile-announce:before', joining, 'the activity runs again and publishes the profile'),
  unattended('profile-announce:after', joining, 'the activity runs again and publishes the current profile'),

  unattended('record:before', ordering, 'the offset is not committed: the event is delivered again'),
  unattended('record:after', ordering, 'the event is delivered again; its row exists'),
  unattended('commit:before', ordering, 'the event is delivered again; its row exists'),
  unattended('commit:after', ordering, 'the consumer continues after the event'),
  unattended('mail-claim:before', ordering, 'the mail is not claimed; the next sender claims it'),
  unattended('mail-claim:after', ordering, MAIL_AGAIN),
  unattended('mail-send:before', ordering, MAIL_AGAIN),
  unattended('mail-send:after', ordering, MAIL_TWICE),
  unattended('mail-mark:before', ordering, MAIL_TWICE),
  unattended('mail-mark:after', ordering, 'the mail is sent and marked as sent'),
  unattended(
    'dead-letter:before',
    publishingUnprocessable,
    'the message is delivered again, then moved to the dead-letter topic',
  ),
  unattended(
    'dead-letter:after',
    publishingUnprocessable,
    'the message is delivered again and gets a second dead letter, which names the same place',
  ),

  unattended('audit-order:before', orphanedOrder, FOUND_AGAIN),
  unattended('audit-order:after', orphanedOrder, 'the workflow runs; the next round sees it'),
  unattended('audit-cancellation:before', orphanedCancellation, FOUND_AGAIN),
  unattended('audit-cancellation:after', orphanedCancellation, 'the workflow runs; the next round sees it'),
  unattended('audit-profile:before', orphanedProfile, FOUND_AGAIN),
  unattended('audit-profile:after', orphanedProfile, 'the workflow runs; the next round sees it and marks the change'),
];
