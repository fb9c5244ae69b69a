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

/** All mails that a mail server has taken, or those that match. One that was killed as it wrote a mail down shows a piece of it, which is none. */
export async function mailsIn(server: string, matching = new URLSearchParams()): Promise<Mail[]> {
  const response = await fetch(`${server}/api/email?${matching}`);
  const mails = (await response.json()) as (Mail & { headers: { 'message-id'?: string } })[];
  return mails.flatMap(({ subject, text, from, to, headers }) => {
    const messageId = headers['message-id']?.replace(/[<>]/g, '');
    return messageId === undefined ? [] : [{ messageId, subject, text, from, to }];
  });
}
