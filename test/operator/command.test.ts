/** Behaviour that all operator commands share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditCommand } from '../../operator/audit/command.ts';
import { deadLettersCommand } from '../../operator/dead-letters/command.ts';
import { mailsCommand } from '../../operator/mails/command.ts';
import { orderCommand } from '../../operator/order/command.ts';

for (const command of [orderCommand, deadLettersCommand, mailsCommand, auditCommand]) {
  test(`${command.name} prints its usage with --help and -h`, async () => {
    for (const words of [['--help'], ['retry', '-h']]) {
      const { text, exitCode } = await command(words, {});
      assert.match(text, /^Usage: npm run /);
      assert.equal(exitCode, 0);
    }
  });
}
