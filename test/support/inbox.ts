import { env } from './temporal.ts';

export interface Mail {
  /** Without its brackets. */
  messageId: string;
  subject: string;
  text: string;
  from: { address: string; name: string }[];
}

/** The mails to an address that the mail server of the test run has taken. */
export async function mailsTo(address: string): Promise<Mail[]> {
  const response = await fetch(`${env('TEST_MAIL_URL')}/api/email?${new URLSearchParams({ 'to.address': address })}`);
  const mails = (await response.json()) as (Mail & { headers: { 'message-id': string } })[];
  return mails.map(({ subject, text, from, headers }) => ({ messageId: headers['message-id'].replace(/[<>]/g, ''), subject, text, from }));
}
