import { createTransport } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import { lately } from '../../lib/lately.ts';

export interface Mail {
  /** Made from the event: the same in every attempt, so that mail programs drop a second copy. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

/** What the mail server said for certain. Refused: it will say so each time. */
export type Delivery = { kind: 'taken' } | { kind: 'refused'; reason: string };

export interface Mailer {
  /** Rejects when the mail server did not take the mail now and might later, with an error that names no person. */
  send(mail: Mail): Promise<Delivery>;
  /** Resolves when the mail server took a login lately. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 4;
/** A mail server that says nothing for so long, at any point. */
const SILENCE_MS = 5_000;
/** For one mail, however slowly the server answers. */
export const SEND_DEADLINE_MS = 10_000;
const IDLE_MS = 30_000;
const VERIFIED_FOR_MS = 10_000;

/** Sends mails over SMTP. `from` is an address, or a name with an address: `Shop <shop@example.org>`. */
export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const host = hostOf(from);
  const timeouts = {
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    dnsTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
  };
  // Its own repetition is off: the sender knows better when to try again, and a repeated mail should be rare.
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: CONNECTIONS_MAX,
    maxRequeues: 0,
    idleTimeout: IDLE_MS,
    ...timeouts,
  });
  // Strangers cause it, and a server that is logged in to all the time turns its client away. What it refuses counts as well.
  const verified = lately(
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
          // As one address: a text would be read as a list of them.
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${host}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.timeout(SEND_DEADLINE_MS),
        });
        return { kind: 'taken' };
      } catch (error) {
        return refusal(error as SmtpError);
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

/** The host of the address that mails come from: the right-hand side of their Message-IDs. Throws when it is not one address. */
export function hostOf(from: string): string {
  const [sender, ...others] = addressparser(from, { flatten: true });
  const [, host] = /^[^\s@]+@([^\s@]+)$/.exec(sender?.address ?? '') ?? [];
  if (!host || others.length > 0) throw new Error(`"${from}" is not one mail address`);
  return host;
}

interface SmtpError extends Error {
  code?: string;
  responseCode?: number;
}

/** The server wants a login first, or lost track of the conversation: that says nothing about this mail. */
const ABOUT_THE_SESSION = new Set([503, 530]);

/**
 * A mail is refused for good when the server answers 5xx to its sender, its recipient or its content, and when its address is none.
 * A 5xx to the greeting or the login is a fault of the configuration, which somebody will mend. What the server said besides
 * is left out: it likes to repeat the address.
 */
function refusal({ code, responseCode = 0 }: SmtpError): Delivery {
  const aboutTheMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  const forGood = responseCode >= 500 && !ABOUT_THE_SESSION.has(responseCode);
  if (aboutTheMail && forGood) return { kind: 'refused', reason: `the mail server refused it: ${responseCode}` };
  if (code === 'EENVELOPE' && responseCode === 0)
    return { kind: 'refused', reason: 'the address is not one that mail can be sent to' };
  throw new Error(`the mail server did not take the mail: ${[code, responseCode || ''].join(' ').trim()}`);
}
