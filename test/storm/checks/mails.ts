import type { Mail } from '../../support/inbox.ts';
import type { Buyer } from '../clients/buyer.ts';
import type { Books } from './books.ts';
import { idIn } from './strangers.ts';
import { violations, type Violation } from './violation.ts';

/** Whether each mail about an order went to its owner, and to nobody else. A mail server that was killed has taken its mails with it. */
export function brokenMails(
  mails: ReadonlyArray<Pick<Mail, 'subject' | 'to'>>,
  { orders }: Pick<Books, 'orders'>,
  buyers: ReadonlyArray<Pick<Buyer, 'id' | 'person'>>,
): Violation[] {
  const emails = new Map(buyers.map(({ id, person }) => [id, person.email]));
  const due = new Map(orders.map(({ id, owner }) => [id, emails.get(owner)]));
  const wrong = mails.filter(({ subject, to }) => to.length !== 1 || to[0]!.address !== due.get(idIn(subject)));
  return violations(
    'I15',
    wrong,
    ({ subject, to }) => `the mail "${subject}" went to ${to.map(({ address }) => address).join(', ') || 'nobody'}`,
  );
}
