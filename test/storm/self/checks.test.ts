import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { consistentRows, order, STRANGER } from '../../support/fakes/storm-history.ts';
import { checkAtQuiescence } from '../checks/at-quiescence.i5-i6-i8-i15.ts';
import { checkAcrossDatabases } from '../checks/databases.i1-i2-i4-i7-i10-i12-i15.ts';
import { checkDeadLetters } from '../checks/dead-letters.i16.ts';
import { checkUnchanged } from '../checks/digest.i17-i18.ts';
import { checkResources } from '../checks/resources.i26.ts';
import type { MovementRow, OrderRow, Rows } from '../checks/rows.ts';
import { checkTransitions } from '../checks/transitions.i9-i10-i15.ts';
import type { Violation } from '../checks/violation.ts';
import { checkWorkflows } from '../checks/workflows.i8.ts';

const idsOf = (found: readonly Violation[]): string[] => [...new Set(found.map(({ invariant }) => invariant))];
const consistent = consistentRows();
const [placed] = consistent.orders as [OrderRow];
const [charge] = consistent.movements as [MovementRow];
const [notification] = consistent.notifications;
const at = (more: Partial<Rows>): string[] => idsOf(checkAtQuiescence({ ...consistent, ...more }));

test('at quiescence an order is paid once at its price or not at all, and its buyer was notified', () => {
  assert.deepEqual(at({}), []);
  assert.deepEqual(at({ orders: [{ ...placed, status: 'IN_PROGRESS', firstStatus: null }] }), ['I8']);
  for (const movements of [
    [],
    [charge, charge],
    [{ ...charge, amount: -31 }],
    [{ ...charge, owner: STRANGER }],
    [{ ...charge, isCancelled: true }],
  ]) {
    assert.deepEqual(at({ movements }), ['I5']);
  }
  assert.deepEqual(at({ outcomes: [] }), ['I5']);
  const failed = {
    orders: [{ ...placed, status: 'FAILED', firstStatus: 'FAILED' }] as OrderRow[],
    notifications: [{ ...notification!, event: 'OrderRejected' }],
  };
  assert.deepEqual(at(failed), ['I6']);
  assert.deepEqual(
    at({ ...failed, movements: [], outcomes: [{ ...consistent.outcomes[0]!, outcome: 'DECLINED' }] }),
    [],
  );
  for (const notifications of [
    [],
    [notification!, notification!],
    [{ ...notification!, owner: STRANGER }],
    [{ ...notification!, event: 'OrderRejected' }],
    [{ ...notification!, status: 'PENDING' }],
    [{ ...notification!, status: 'SUPERSEDED' }],
  ]) {
    assert.deepEqual(at({ notifications }), ['I15']);
  }
});

test('a message that the cancellation supersedes may stay unsent, and the cancellation comes after the other message', () => {
  const first = notification!;
  const last = { ...first, id: 'cancellation', event: 'OrderCancelled', seq: 2, sentAtMs: 3_000 };
  const atCancelled = (...notifications: Rows['notifications']) =>
    at({
      orders: [{ ...placed, status: 'CANCELLED' }],
      movements: [{ ...charge, isCancelled: true }],
      outcomes: [{ ...consistent.outcomes[0]!, outcome: 'REFUNDED' }],
      notifications,
    });
  const unsent = { status: 'SUPERSEDED', sentAtMs: null };
  assert.deepEqual(atCancelled(first, last), []);
  assert.deepEqual(atCancelled({ ...first, ...unsent }, last), []);
  for (const wrong of [
    [first, { ...last, ...unsent }],
    [
      { ...first, ...unsent },
      { ...last, ...unsent },
    ],
    [{ ...first, ...unsent, seq: 3 }, last],
    [{ ...first, sentAtMs: 3_001 }, last],
  ]) {
    assert.deepEqual(atCancelled(...wrong), ['I15']);
  }
});

test('at any time a charge has its order, and a notification has a final order', () => {
  assert.deepEqual(checkAcrossDatabases(consistent), []);
  assert.deepEqual(idsOf(checkAcrossDatabases({ ...consistent, orders: [{ ...placed, owner: STRANGER }] })), ['I7']);
  assert.deepEqual(idsOf(checkAcrossDatabases({ ...consistent, orders: [{ ...placed, status: 'IN_PROGRESS' }] })), [
    'I15',
  ]);
});

test('a status only moves forward, and nothing else of an order changes', () => {
  const one = { id: placed.id, changed: false, atMs: 500 };
  const valid = [
    { ...one, from: null, to: 'IN_PROGRESS' },
    { ...one, from: 'IN_PROGRESS', to: 'SUCCESS' },
    { ...one, from: 'SUCCESS', to: 'SUCCESS' },
    { ...one, from: 'SUCCESS', to: 'CANCELLED' },
  ];
  assert.deepEqual(checkTransitions(valid), []);
  for (const [from, to] of [
    [null, 'SUCCESS'],
    ['FAILED', 'SUCCESS'],
    ['SUCCESS', 'FAILED'],
    ['CANCELLED', 'SUCCESS'],
  ] as const) {
    assert.deepEqual(idsOf(checkTransitions([{ ...one, from, to }])), ['I9']);
  }
  assert.deepEqual(idsOf(checkTransitions([{ ...one, from: 'SUCCESS', to: 'SUCCESS', changed: true }])), ['I10']);
});

test('each order has a workflow with the right result, and each workflow has its order', () => {
  const cancelled = order({ status: 'CANCELLED', firstStatus: 'SUCCESS' });
  const ended = { id: orderWorkflowId(cancelled.id), status: 'COMPLETED', result: 'SUCCESS' };
  const cancellation = { id: cancelWorkflowId(cancelled.id), status: 'COMPLETED', result: 'CANCELLED' };
  assert.deepEqual(checkWorkflows([ended, cancellation], { orders: [cancelled] }), []);
  for (const workflows of [
    [ended],
    [cancellation],
    [ended, { id: cancellation.id, status: 'RUNNING' }],
    [{ ...ended, result: 'FAILED' }, cancellation],
  ]) {
    assert.deepEqual(idsOf(checkWorkflows(workflows, { orders: [cancelled] })), ['I8']);
  }
  assert.deepEqual(idsOf(checkWorkflows([ended, cancellation], { orders: [] })), ['I8']);
});

test('a wrong dead letter, a changed table and growing resources are found', () => {
  assert.deepEqual(checkDeadLetters({ unprocessable: ['a 0 1'], deadLetters: ['a 0 1'] }), []);
  assert.deepEqual(idsOf(checkDeadLetters({ unprocessable: ['a 0 1'], deadLetters: [] })), ['I16']);
  assert.deepEqual(idsOf(checkDeadLetters({ unprocessable: [], deadLetters: ['a 0 1'] })), ['I16']);
  const digest = (content: string) => new Map([['orders.orders', content]]);
  assert.deepEqual(
    [
      checkUnchanged('I17', digest('1'), digest('1'), 'it').length,
      checkUnchanged('I17', digest('1'), digest('2'), 'it').length,
    ],
    [0, 1],
  );
  const holding = (count: number) => ({
    descriptors: { auth: count },
    sockets: {},
    heapMb: { auth: count },
    connections: {},
  });
  assert.deepEqual(
    [checkResources(holding(50), holding(59)).length, checkResources(holding(50), holding(61)).length],
    [0, 2],
  );
});
