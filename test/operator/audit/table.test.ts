import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toTable } from '../../../operator/audit/table.ts';

test('an audit names the buyers whom it could not check, with the reason', () => {
  const unchecked = new Map(Array.from({ length: 12 }, (_each, n) => [`buyer-${n}`, new Error('unreadable')]));
  const text = toTable({ owners: 3, orders: 4, inProgress: 0, drifts: [], unchecked });
  assert.match(text, /^Not checked, because their data could not be read: 12 buyers\. Run the audit again\.$/m);
  assert.deepEqual(text.match(/^ {2}buyer buyer-\d+: unreadable$/gm)?.length, 10, 'only the first ten are listed');
  assert.doesNotMatch(
    toTable({ owners: 3, orders: 4, inProgress: 0, drifts: [], unchecked: new Map() }),
    /Not checked/,
  );
});
