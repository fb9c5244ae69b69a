/** Other tests loop over the lists of steps. The loops would not notice a lost step; these tests do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepsOf, stepTable } from '../../workflows/step-table.ts';

test('an order and a cancellation take these steps', () => {
  assert.deepEqual(stepsOf('order'), ['chargeOrder', 'settleOrder', 'announceOrder']);
  assert.deepEqual(stepsOf('cancellation'), ['cancelCharge', 'cancelOrder', 'announceOrder']);
});

test('only the charge can be undone, and its undo is retried for ever', () => {
  const { chargeOrder, ...others } = stepTable;
  assert.equal(chargeOrder.undo, 'cancelCharge');
  assert.deepEqual(new Set(Object.values(others).map(({ undo, limitMs }) => [undo, limitMs].join())), new Set([',']));
});
