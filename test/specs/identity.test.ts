import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from 'uuid';
import { chargeKey, orderEventId, orderId, profileEventId } from '../../specs/identity.ts';
import { profileWorkflowId, orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';

// Golden values, confirmed with Python's uuid.uuid5. Databases, billing and consumers store such ids, so other values
// would charge and announce old orders a second time.
const OWNER = '8c2f6a1e-5b7d-4c3a-9e0f-1a2b3c4d5e6f';
const KEY = '5f0f8a3e-0c1d-4b9e-8f1a-2d3c4b5a6978';
const ORDER = '561ec021-dc23-5766-b8d8-d618113f84ad';

test('an order id is derived from its owner and key', () => {
  assert.equal(orderId(OWNER, KEY), ORDER);
});

test('an order without a key gets a new id each time, and later ids sort after earlier ones', () => {
  const [first, second] = [orderId(OWNER), orderId(OWNER)];
  assert.ok(first < second);
  assert.equal(version(first), 7);
});

test('a charge key is derived from the order id', () => {
  assert.equal(chargeKey(ORDER), 'c71d93f6-442a-58fd-b52a-a90a13edb5c5');
});

test('the id of an order event is derived from the order id and the event name', () => {
  assert.equal(orderEventId(ORDER, 'OrderCreated'), 'd809f7ce-4636-5f1f-af32-af727d385ee8');
  assert.equal(orderEventId(ORDER, 'OrderRejected'), '3bf347cc-6a47-5633-87ef-cbf68a17462f');
  assert.equal(orderEventId(ORDER, 'OrderCancelled'), 'b15464ea-50df-537c-ab91-666e196fa8cc');
});

test('the id of a profile event is derived from the user id and the version', () => {
  assert.equal(profileEventId(OWNER, 1), 'fb066bce-66d6-5eaa-b859-25f50f4f13d8');
  assert.equal(profileEventId(OWNER, 2), 'dea2829a-4c0f-582d-a24b-a4cd993a0d82');
});

test('workflow ids name their subject', () => {
  assert.equal(orderWorkflowId(ORDER), `order-${ORDER}`);
  assert.equal(cancelWorkflowId(ORDER), `cancel-${ORDER}`);
  assert.equal(profileWorkflowId(OWNER, 3), `profile-${OWNER}-3`);
});

test('ids in upper case give the same derived ids', () => {
  const [owner, key, order] = [OWNER.toUpperCase(), KEY.toUpperCase(), ORDER.toUpperCase()];
  assert.equal(orderId(owner, key), ORDER);
  assert.equal(chargeKey(order), chargeKey(ORDER));
  assert.equal(orderEventId(order, 'OrderCreated'), orderEventId(ORDER, 'OrderCreated'));
  assert.equal(profileEventId(owner, 1), profileEventId(OWNER, 1));
  assert.equal(orderWorkflowId(order), orderWorkflowId(ORDER));
  assert.equal(cancelWorkflowId(order), cancelWorkflowId(ORDER));
  assert.equal(profileWorkflowId(owner, 1), profileWorkflowId(OWNER, 1));
});
