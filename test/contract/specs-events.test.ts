/** Event payloads and headers that the contract accepts or rejects. */
import eventDocument from '../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { bounds } from '../support/requests/bounds.ts';

const ID = '0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e';

bounds('the event of a cancelled order', {
  schema: eventDocument.channels['order-service/OrderCancelled'].messages.OrderCancelled.payload,
  like: { orderId: ID, userId: ID },
  accepted: [{}],
  rejected: [{ userId: undefined }, { reason: 'buyer' }, { orderId: null }],
});

bounds('the event of a failed order', {
  schema: eventDocument.channels['order-service/OrderRejected'].messages.OrderRejected.payload,
  like: { orderId: ID, userId: ID, reason: 'deadline' },
  accepted: [{}, { reason: 'insufficient-funds' }],
  rejected: [{ reason: undefined }, { reason: 'buyer' }, { price: 5 }, { orderId: 'x' }],
});

bounds('the headers of an event', {
  schema: eventDocument.channels['user-service/UserUpdated'].messages.UserUpdated.headers,
  like: {
    eventId: ID,
    eventType: 'UserUpdated',
    schemaVersion: '1',
    correlationId: 'abc',
    'content-type': 'application/json',
    profileVersion: '3',
  },
  accepted: [
    {},
    { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    { 'x-other': 'kept' },
    { schemaVersion: '1.4' },
  ],
  rejected: [
    { eventType: 'OrderCreated' },
    { schemaVersion: '2' },
    { schemaVersion: '2.0' },
    { schemaVersion: '10' },
    { schemaVersion: '1.' },
    { schemaVersion: undefined },
    { eventId: undefined },
    { profileVersion: undefined },
    { traceparent: 'x' },
  ],
});
