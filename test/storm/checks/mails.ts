import type { Buyer } from '../clients/buyer.ts';
import type { Books } from './books.ts';
import { violations, type Violation } from './violation.ts';

export interface Mail {
  subject: string;
  to: Array<{ address: string }>;
}

/** The mails that are in the inbox: those that a mail server that was killed has not taken with it. */
export async function readMails(server: string): Promise<Mail[]> {
  return (await (await fetch(`${server}/api/email`)).json()) as Mail[];
}

/** Whether each mail about an order went to its owner, and to nobody else. */
export function brokenMails(mails: readonly Mail[], { orders }: Pick<Books, 'orders'>, buyers: ReadonlyArray<Pick<Buyer, 'id' | 'person'>>): Violation[] {
  const emails = new Map(buyers.map(({ id, person }) => [id, person.email]));
  const due = new Map(orders.map(({ id, owner }) => [id, emails.get(owner)]));
  const idIn = (subject: string) => /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/.exec(subject)?.[0] ?? '';
  const wrong = mails.filter(({ subject, to }) => to.length !== 1 || to[0]!.address !== due.get(idIn(subject)));
  return violations('I15', wrong, ({ subject, to }) => `the mail "${subject}" went to ${to.map(({ address }) => address).join(', ') || 'nobody'}`);
}
