import { env } from './temporal.ts';

export interface Mail {
  /** Without its brackets. */
  messageId: string;
  subject: string;
  text: string;
  from: { address: string; name: string }[];
}

/** The mails to an address that a mail server has taken, by default that of the test run. */
export async function mailsTo(address: string, server = env('TEST_MAIL_URL')): Promise<Mail[]> {
  const response = await fetch(`${server}/api/email?${new URLSearchParams({ 'to.address': address })}`);
  const mails = (await response.json()) as (Mail & { headers: { 'message-id': string } })[];
  return mails.map(({ subject, text, from, headers }) => ({ messageId: headers['message-id'].replace(/[<>]/g, ''), subject, text, from }));
}
