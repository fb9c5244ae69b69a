/** API answers that the contract accepts or rejects. */
import { bounds, headers, schemas } from '../support/requests/bounds.ts';

const ID = '0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e';
const order = { id: ID, userId: ID, price: 5, version: 1, status: 'SUCCESS', createdAt: '2026-11-22T18:09:27.123Z' };

bounds('an order', {
  schema: schemas.Order,
  like: order,
  accepted: [
    {},
    { status: 'FAILED', reason: 'insufficient-funds' },
    { status: 'CANCELLED' },
    { status: 'CANCELLED', reason: 'buyer' },
  ],
  rejected: [
    { status: 'FAILED' },
    { status: 'FAILED', reason: 'bad luck' },
    { status: 'SUCCESS', reason: 'deadline' },
    { status: 'IN_PROGRESS', reason: 'deadline' },
    { status: 'DONE' },
    { id: ID.toUpperCase() },
    { version: 2147483648 },
    { ownerId: ID },
  ],
});

bounds('a paid order', {
  schema: schemas.PaidOrder,
  like: order,
  accepted: [{}, { status: 'CANCELLED' }],
  rejected: [{ status: 'IN_PROGRESS' }, { status: 'FAILED', reason: 'deadline' }, { more: 1 }],
});

bounds('a cancelled order', {
  schema: schemas.CancelledOrder,
  like: { ...order, status: 'CANCELLED', reason: 'buyer' },
  accepted: [{}, { reason: 'operator' }],
  rejected: [
    { reason: undefined },
    { reason: 'deadline' },
    { status: 'SUCCESS', reason: undefined },
    { status: 'FAILED' },
    { more: 1 },
  ],
});

bounds('an order that is being cancelled', {
  schema: schemas.OrderBeingCancelled,
  like: order,
  accepted: [{}, { status: 'IN_PROGRESS' }],
  rejected: [{ status: 'CANCELLED' }, { status: 'FAILED', reason: 'deadline' }, { more: 1 }],
});

const event = (id: string, data = JSON.stringify(order)) => `id: ${id}\nevent: status\ndata: ${data}\n\n`;

bounds("an order's stream of events", {
  schema: schemas.OrderEventStream,
  accepted: [
    '',
    event('1-SUCCESS'),
    `${event('1-IN_PROGRESS')}: still here\n\n:\n\n${event('1-SUCCESS')}`,
    event('2147483647-CANCELLED'),
    ...schemas.OrderEventStream.examples,
  ],
  rejected: [
    event('"1-SUCCESS"'),
    event('0-SUCCESS'),
    event('1-DONE'),
    event('1-SUCCESS', ''),
    event('1-SUCCESS', '{\n}'),
    event('1-SUCCESS').trimEnd(),
    'data: {}\n\n',
  ],
});

bounds('the header Preference-Applied', {
  schema: headers.PreferenceApplied.schema,
  accepted: ['wait=1', 'wait=9', 'wait=10', 'wait=30'],
  rejected: ['wait=0', 'wait=31', 'wait=100', 'wait=05', 'wait', 'respond-async'],
});

bounds("an order's ETag", {
  schema: headers.OrderVersion.schema,
  accepted: ['"1-SUCCESS"', '"2147483647-IN_PROGRESS"'],
  rejected: ['1-SUCCESS', 'W/"1-SUCCESS"', '"0-SUCCESS"', '"1"', '"1-DONE"'],
});

bounds('a session', {
  schema: schemas.Session,
  like: { id: ID, createdAt: '2026-11-22T18:09:27.123Z', expiresAt: '2026-11-29T18:09:27.123Z', current: true },
  accepted: [{}, { current: false }],
  rejected: [
    { current: undefined },
    { current: 'true' },
    { expiresAt: undefined },
    { expiresAt: 'soon' },
    { userId: ID },
    { tokenHash: 'x' },
  ],
});

const SET_COOKIE = `session_id=${'A'.repeat(43)}; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600`;

bounds('the cookie of a session', {
  schema: headers.SessionCookie.schema,
  accepted: [
    SET_COOKIE,
    `__Host-${SET_COOKIE}; Secure`,
    `${SET_COOKIE}, session_id=; HttpOnly; SameSite=Lax; Path=/auth; Max-Age=0; Domain=shop.example`,
  ],
  rejected: [
    `${SET_COOKIE}; Secure`,
    `__Host-${SET_COOKIE}`,
    `${SET_COOKIE}, ${SET_COOKIE}`,
    'session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0',
    `session_id=${'A'.repeat(43)}; SameSite=Lax; Path=/; Max-Age=3600`,
    `session_id=${'A'.repeat(43)}; HttpOnly; SameSite=None; Path=/; Max-Age=3600`,
    `session_id=${'A'.repeat(43)}; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600; Domain=example`,
  ],
});

bounds('a cleared session cookie', {
  schema: headers.SessionCookieCleared.schema,
  accepted: [
    'session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0',
    '__Host-session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0; Secure',
    'session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0, session_id=; HttpOnly; SameSite=Lax; Path=/a/; Max-Age=0; Domain=a.b',
  ],
  rejected: [
    '__Host-session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0',
    '__Host-session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0; Secure; Domain=a.b',
    'session_id=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=0',
    'session_id=; HttpOnly; SameSite=Lax; Path=/',
    'other=; Max-Age=0',
  ],
});

bounds('the outcome of a cancelled withdrawal', {
  schema: schemas.WithdrawalCancelled,
  accepted: [
    { outcome: 'REFUNDED', cause: 'buyer' },
    { outcome: 'CANCELLED', cause: 'deadline' },
    { outcome: 'DECLINED' },
  ],
  rejected: [
    { outcome: 'REFUNDED' },
    { outcome: 'DECLINED', cause: 'buyer' },
    { outcome: 'CHARGED', cause: 'buyer' },
    { outcome: 'CANCELLED', cause: 'whim' },
  ],
});

bounds('a refusal', {
  schema: schemas.OrderFailedProblem,
  like: {
    type: '/problems/order-failed',
    title: schemas.OrderFailedProblem.properties.title.const,
    status: 409,
    detail: 'It was not charged in time.',
    instance: '/orders',
    correlationId: 'abc',
    orderId: ID,
    reason: 'deadline',
  },
  accepted: [{}],
  rejected: [
    { type: 'about:blank' },
    { status: 400 },
    { orderId: undefined },
    { reason: undefined },
    { correlationId: undefined },
    { stack: 'at …' },
  ],
});
