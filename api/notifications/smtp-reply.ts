import { isAboutMailbox } from './mailbox-reply.ts';

/** The mail server's definite answer. */
export type Delivery = { kind: 'accepted' } | Refused | Blocked;

/** The recipient cannot get mail, so another attempt is useless. */
interface Refused {
  kind: 'refused';
  reason: string;
  /** The refused SMTP command, and the reply's codes. Absent if no server was asked. */
  refusal?: { command: string; reply: string };
}

/** A 5xx that is not final for the recipient: about the sender, a policy, a quota or the session. */
export interface Blocked {
  kind: 'blocked';
  /** True if the server refused our session, so it has not even seen this mail. */
  isSession: boolean;
  /** True if the reason is on our side, so that other mails are refused too. */
  isOurs: boolean;
  /** The SMTP command that was refused. */
  command: string;
  /** Reply code and enhanced status code. */
  reply: string;
}

/** What nodemailer adds to an error. */
export interface SmtpError extends Error {
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
  /** The recipients that the server refused. */
  rejected?: string[];
  /** The error code of the operating system, if `code` is one of nodemailer's. */
  originalCode?: string;
  timeoutType?: string;
}

/** The mail server may accept the mail later. */
export class Deferred extends Error {
  /** False if the attempt certainly ended before the server was asked about the recipient. */
  readonly reachedRecipient: boolean;

  constructor(message: string, reachedRecipient: boolean) {
    super(message);
    this.reachedRecipient = reachedRecipient;
  }
}

const BEFORE_RECIPIENT = /^(?:EHLO|HELO|STARTTLS|AUTH\b|MAIL FROM)/;
const BEFORE_LOGIN = new Set(['CONNECT_TIMEOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT']);
const NO_CONNECTION = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * False only if the attempt certainly ended before the recipient was sent. nodemailer reports most broken connections
 * in the same way, no matter when they broke.
 */
export const reachedRecipient = ({
  code = '',
  command = '',
  originalCode = '',
  timeoutType = '',
}: Pick<SmtpError, 'code' | 'command' | 'originalCode' | 'timeoutType'>): boolean =>
  !BEFORE_RECIPIENT.test(command) &&
  !BEFORE_LOGIN.has(timeoutType) &&
  !NO_CONNECTION.has(originalCode) &&
  !['EDNS', 'EPROTOCOL', 'ETLS', 'EAUTH'].includes(code);

/** 503 (wrong command order) and 530 (login missing) say nothing about this mail. */
const ABOUT_THE_SESSION = new Set([503, 530]);

/**
 * Enhanced status codes (RFC 3463 and its IANA registry) that are final for a recipient's address: no such mailbox,
 * host or domain, bad syntax, ambiguous, moved, no mail host, mailbox disabled. Not 5.1.0, 5.1.7 and 5.1.8, which
 * servers use for the sender's address, and not 5.2.2, because a full mailbox can be emptied.
 */
const FINAL_STATUS = /^5\.(1\.(1|2|3|4|6|10)|2\.1)$/;
/** The status of the recipient's mailbox, such as full. It is no fault of ours, but it may pass. */
const MAILBOX_STATUS = /^5\.2\.\d+$/;
/**
 * Codes that RFC 5321 defines for a mailbox that is unavailable, elsewhere or misnamed. Servers also use them for
 * relaying, policies and quotas, so without an enhanced status code the text decides.
 */
const FINAL_CODES = new Set([550, 551, 553]);

/**
 * Interprets a failed attempt. Only a 5xx to RCPT can be about the recipient, and only if its enhanced status code or,
 * without one, its text says so: servers also refuse senders and relaying there. Throws `Deferred` if the server may accept
 * the mail later. The server's text is left out, because it often contains the address.
 */
export function interpret(error: SmtpError): Delivery {
  const { code, command = '', responseCode = 0, response = '', rejected } = error;
  if (code === 'EENVELOPE' && responseCode === 0) return { kind: 'refused', reason: 'the email address is invalid' };
  if (responseCode < 500)
    throw new Deferred(
      `the mail server did not accept the mail: ${[code, responseCode || ''].join(' ').trim()}`,
      reachedRecipient(error),
    );
  const status = /^5\d\d[ -]#?(\d\.\d{1,3}\.\d{1,3})(?!\.?\d)/m.exec(response)?.[1] ?? '';
  const reply = `${responseCode} ${status}`.trim();
  const isToRecipient = command === 'RCPT TO';
  const isFinal = status
    ? FINAL_STATUS.test(status)
    : FINAL_CODES.has(responseCode) && isAboutMailbox(response, rejected?.[0]);
  if (isToRecipient && isFinal)
    return { kind: 'refused', reason: `the mail server refused the mail: ${reply}`, refusal: { command, reply } };
  const isAboutTheMail = (code === 'EENVELOPE' || code === 'EMESSAGE') && !ABOUT_THE_SESSION.has(responseCode);
  return {
    kind: 'blocked',
    isSession: !isAboutTheMail,
    isOurs: !(isToRecipient && MAILBOX_STATUS.test(status)),
    command,
    reply,
  };
}
