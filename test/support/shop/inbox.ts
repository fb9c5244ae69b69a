import { basic } from '../../../local/servers/page-guard.ts';
import { env } from '../temporal/server.ts';

export interface Mail {
  /** Without angle brackets. */
  messageId: string;
  subject: string;
  text: string;
  from: { address: string; name: string }[];
  to: { address: string }[];
}

export async function mailsTo(address: string, server = env('TEST_MAIL_URL')): Promise<Mail[]> {
  return mailsIn(server, new URLSearchParams({ 'to.address': address }));
}

/** Returns the accepted mails of an inbox, whose URL contains user and password. Skips fragments that a killed mail server left behind. */
export async function mailsIn(server: string, matching = new URLSearchParams()): Promise<Mail[]> {
  const { origin, username, password } = new URL(server);
  const headers = { authorization: basic(username, password) };
  const response = await fetch(`${origin}/api/email?${matching}`, { headers });
  const mails = (await response.json()) as (Mail & { headers: { 'message-id'?: string } })[];
  return mails.flatMap(({ subject, text, from, to, headers }) => {
    const messageId = headers['message-id']?.replace(/[<>]/g, '');
    return messageId === undefined ? [] : [{ messageId, subject, text, from, to }];
  });
}
