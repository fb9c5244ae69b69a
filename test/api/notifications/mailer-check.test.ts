/** The mail server's health check logs in once, however often it is called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMailer } from '../../../api/notifications/mailer.ts';
import { startSmtp } from '../../support/fakes/smtp-server.ts';

for (const [what, replies, answer] of [
  ['accepts', {}, undefined],
  ['refuses', { AUTH: '535 no' }, /535 no/],
] as const) {
  test(`repeated health checks log in once to a mail server that ${what} the login`, async () => {
    const server = await startSmtp(replies);
    const mailer = createMailer({ smtpUrl: server.url.replace('//', '//shop:secret@'), from: 'shop@example.org' });
    try {
      for (let n = 0; n < 3; n++) {
        if (answer) await assert.rejects(mailer.check(), answer);
        else await mailer.check();
      }
      assert.equal(server.logins(), 1);
    } finally {
      await mailer.close();
      await server.close();
    }
  });
}
