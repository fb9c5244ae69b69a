import { env } from './temporal.ts';

export interface Mail {
  /** Without its brackets. */
  messageId: string;
  subject: string;
  text: string;
  from: { address: string; name: string }[];
  to: { address: string }[];
}

/** The mails to an address that a mail server has taken, by default that of the test run. */
export async function mailsTo(address: string, server = env('TEST_MAIL_URL')): Promise<Mail[]> {
  return mailsIn(server, new URLSearchParams({ 'to.address': address }));
}

/** All mails that a mail server has taken, or those that match. */
export async function mailsIn(server: string, matching = new URLSearchParams()): Promise<Mail[]> {
  const response = await fetch(`${server}/api/email?${matching}`);
  const mails = (await response.json()) as (Mail & { headers: { 'message-id': string } })[];
  return mails.map(({ subject, text, from, to, headers }) => ({ messageId: headers['message-id'].replace(/[<>]/g, ''), subject, text, from, to }));
}
