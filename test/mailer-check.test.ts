/** Whether the mail server would take a mail, asked by everybody who asks whether the shop is well. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMailer } from '../api/notifications/mailer.ts';
import { startSmtp } from './support/smtp-server.ts';

for (const [what, replies, answer] of [
  ['takes', {}, undefined],
  ['refuses', { AUTH: '535 no' }, /535 no/],
] as const) {
  test(`a mail server that ${what} its client is logged in to once for all who ask`, async () => {
    const server = await startSmtp(replies);
    const mailer = createMailer({ smtpUrl: server.url.replace('//', '//shop:secret@'), from: 'shop@example.org' });
    try {
      for (let asked = 0; asked < 3; asked++) {
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
