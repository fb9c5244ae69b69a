import { createTransport } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import { shareCalls } from '../../lib/shared-answer.ts';
import { interpret, type Delivery, type SmtpError } from './smtp-reply.ts';

interface Mail {
  /** The event's id. It is the same in every attempt, so mail programs drop a second copy. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  /** Throws `Deferred` if the mail server may accept the mail later. The error contains no personal data. */
  send(mail: Mail): Promise<Delivery>;
  /** Throws if the last login to the mail server failed. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Each mail being sent has its own connection, so no mail waits for a slow one. */
export const CONNECTIONS_MAX = 12;
/** Maximum time without an answer from the mail server. */
const SILENCE_MS = 5_000;
/** Maximum time for one mail. */
export const SEND_DEADLINE_MS = 10_000;
/** Shorter than any mail server keeps an idle connection, so no mail is sent on a connection that is being closed. */
const IDLE_MS = 4_000;
const VERIFIED_FOR_MS = 10_000;

/** Opens an SMTP connection pool. `from` is an address or `Shop <shop@example.org>`. */
export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const host = hostOf(from);
  const timeouts = {
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    dnsTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
  };
  // The pool must not requeue a failed mail. Only the sender retries, so that duplicates stay rare.
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: CONNECTIONS_MAX,
    maxRequeues: 0,
    idleTimeout: IDLE_MS,
    ...timeouts,
  });
  // Anyone can trigger this login through a readiness check, and mail servers block clients that log in too often. So
  // an error is returned as a value: `shareCalls` does not cache rejections.
  const verified = shareCalls(
    () =>
      transport.verify().then(
        () => undefined,
        (error: Error) => error,
      ),
    VERIFIED_FOR_MS,
  );

  return {
    async send({ id, to, subject, text }) {
      try {
        await transport.sendMail({
          from,
          // A string would be parsed as a list of addresses.
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${host}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.timeout(SEND_DEADLINE_MS),
        });
        return { kind: 'accepted' };
      } catch (error) {
        return interpret(error as SmtpError);
      }
    },
    async check() {
      const fault = await verified();
      if (fault) throw fault;
    },
    async close() {
      transport.close();
    },
  };
}

/** Returns the host for Message-IDs. Throws unless `from` is exactly one address. */
export function hostOf(from: string): string {
  const [sender, ...others] = addressparser(from, { flatten: true });
  const [, host] = /^[^\s@]+@([^\s@]+)$/.exec(sender?.address ?? '') ?? [];
  if (!host || others.length > 0) throw new Error(`"${from}" is not exactly one email address`);
  return host;
}
