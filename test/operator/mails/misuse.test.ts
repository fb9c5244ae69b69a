/** `npm run mails` refuses wrong arguments before it connects to anything, and reports a missing database. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { mailsCommand } from '../../../operator/mails/command.ts';

const misuses: ReadonlyArray<[string, string[], RegExp]> = [
  ['an unknown word', ['drop', randomUUID()], /Unknown command "drop"/],
  ['an extra word', ['list', 'all'], /Too many arguments/],
  ['no mail', ['send', '--reason', 'x'], /Give the id of at least one mail/],
  ['a word that is no id', ['send', randomUUID(), '12', '--reason', 'x'], /"12" is not the id of a mail/],
  ['a missing reason', ['send', randomUUID()], /Give a reason with --reason/],
  ['a blank operator', ['send', randomUUID(), '--reason', 'x', '--operator', ' '], /Give your name with --operator/],
  ['a reason for list', ['--reason', 'x'], /--reason does not apply to this command/],
  ['an unknown option', ['--all'], /Unknown option/],
];
for (const [what, words, complaint] of misuses) {
  test(`${what} is refused`, async () => {
    const { exitCode, text } = await mailsCommand(words, {});
    assert.equal(exitCode, 2);
    assert.match(text, complaint);
    assert.match(text, /Usage: npm run mails/);
  });
}

test('without its database the program prints the reason and exits with 2', async () => {
  const { code, complaint } = await new Promise<{ code: number; complaint: string }>((resolve) => {
    const variables = { NOTIFICATIONS_DATABASE_URL: 'postgresql://user:password@127.0.0.1:1/nothing' };
    execFile(process.execPath, ['bin/mails.ts'], { env: variables }, (error, _out, complaint) =>
      resolve({ code: Number(error?.code), complaint }),
    );
  });
  assert.equal(code, 2);
  assert.match(complaint, /The command failed: .*Can't reach database server/);
});
