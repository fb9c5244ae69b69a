import type { Mail } from '../../support/shop/inbox.ts';
import type { Buyer } from '../clients/buyer.ts';
import { idIn } from './privacy.i22-i23.ts';
import type { Rows } from './rows.ts';
import { violations, type Violation } from './violation.ts';

/** I15: each mail about an order went to its owner only. Mails can be missing: a killed mail server loses them. */
export function checkMails(
  mails: ReadonlyArray<Pick<Mail, 'subject' | 'to'>>,
  { orders }: Pick<Rows, 'orders'>,
  buyers: ReadonlyArray<Pick<Buyer, 'id' | 'person'>>,
): Violation[] {
  const emails = new Map(buyers.map(({ id, person }) => [id, person.email]));
  const recipients = new Map(orders.map(({ id, owner }) => [id, emails.get(owner)]));
  const wrong = mails.filter(({ subject, to }) => to.length !== 1 || to[0]!.address !== recipients.get(idIn(subject)));
  return violations(
    'I15',
    wrong,
    ({ subject, to }) => `the mail "${subject}" went to ${to.map(({ address }) => address).join(', ') || 'no address'}`,
  );
}
