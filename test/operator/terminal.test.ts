import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns } from '../../operator/terminal.ts';

test('control characters are escaped and line breaks replaced in terminal output', () => {
  assert.deepEqual(
    columns([
      ['k\u001b[2J', 'b'],
      ['one\ntwo', '\u0007\u009b'],
    ]),
    ['  k\\u001b[2J  b', '  one two     \\u0007\\u009b'],
  );
});
