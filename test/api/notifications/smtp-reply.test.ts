/** Which replies to RCPT without an enhanced status code are about the recipient's mailbox. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpret, type SmtpError } from '../../../api/notifications/smtp-reply.ts';

const RECIPIENT = 'Ada@example.org';

const kindOf = (response: string): string => {
  const error: SmtpError = Object.assign(new Error('refused'), {
    code: 'EENVELOPE',
    command: 'RCPT TO',
    responseCode: Number(response.slice(0, 3)),
    response,
    rejected: [RECIPIENT],
  });
  return interpret(error).kind;
};

for (const response of [
  '550 User unknown',
  '550 Unknown user',
  '550 No such user here',
  '550-No such\r\n550 user',
  '550 No such person at this address',
  '550 Unrouteable address',
  '550 sorry, no mailbox here by that name',
  '550 Mailbox unavailable',
  '550 Requested action not taken: mailbox unavailable',
  '550 <ada@example.org>: Recipient address rejected: User unknown in virtual mailbox table',
  '550 ada@example.org not found',
  '550 user not found on this server',
  '550 unknown user policy@example.org',
  '550 mailbox disabled, see https://example.org/policy',
  '550 this account has been disabled or discontinued',
  "550 this user doesn't have an account",
  '550 The email account that you tried to reach does not exist',
  '550 not a valid mailbox',
  '551 User not local; please try another',
  '553 Requested action not taken: mailbox name not allowed',
]) {
  test(`${JSON.stringify(response)} is about the mailbox`, () => assert.equal(kindOf(response), 'refused'));
}

for (const response of [
  '550',
  '550 no',
  '550 Relaying denied',
  '550 SPF check failed for sender',
  '550 Quota exceeded',
  '550 Blocked by policy',
  '550 Administrative prohibition',
  '553 sorry, that domain is not in my list of allowed rcpthosts',
  '550 sender address unknown',
  '550 <orders@shop.example> unknown',
  '550-No such user here\r\n550 Sender verify failed',
  '550 relay not permitted: user unknown',
  '550 User unknown or not authenticated',
  '550 Your account is disabled',
  '550 too many unknown users',
  '550 User over quota, mailbox unavailable',
  '550 rate limited: mailbox unavailable',
  '550 mailbox temporarily unavailable',
  '550 mailbox unavailable: DMARC failure',
  '550 JunkMail rejected - mailbox unavailable',
  '550 greylisted, user unknown yet',
  '550 user <ada@example.org> denied',
  '550 unknown IP address',
  '550 Client host rejected: cannot find your hostname',
  '550 recipient mail server unavailable',
  '551 we do not relay',
  '553 From address not verified: invalid address',
  '554 no such user',
]) {
  test(`${JSON.stringify(response)} is not about the mailbox`, () => assert.equal(kindOf(response), 'blocked'));
}
