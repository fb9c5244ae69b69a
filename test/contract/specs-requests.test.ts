/** API requests that the contract accepts or rejects. */
import { bounds, parameters, schemas } from '../support/requests/bounds.ts';

const ID = '0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e';
const OTHER_SPELLINGS = [`urn:uuid:${ID}`, `{${ID}}`, ID.replaceAll('-', ''), ` ${ID}`, `${ID}\n`, ''];

bounds('a price', {
  schema: schemas.NewOrder.properties.price,
  accepted: [1, 5.0, 9007199254740991],
  rejected: [0, -1, 1.5, 9007199254740992, 1e300, '5', null, true, [5]],
});

bounds('a new order', {
  schema: schemas.NewOrder,
  like: { price: 5 },
  accepted: [{}, { userId: ID }, { userId: ID.toUpperCase() }],
  rejected: [{ price: undefined }, { more: 1 }, ...OTHER_SPELLINGS.map((userId) => ({ userId }))],
});

bounds('a movement of money', {
  schema: schemas.MoneyMove,
  like: { amount: 5, userId: ID },
  accepted: [{}, { userId: undefined }, { amount: 9007199254740991 }],
  rejected: [{ amount: 0 }, { amount: undefined }, { kind: 'withdrawal' }],
});

bounds('If-Match', {
  schema: parameters.IfMatch.schema,
  accepted: [
    '*',
    '0',
    '"0"',
    '7',
    '"42"',
    '999999999',
    '1000000000',
    '2099999999',
    '2147483599',
    '2147483646',
    '"2147483646"',
    'W/"0"',
    'W/"42"',
  ],
  rejected: [
    '',
    '"',
    '""',
    '-1',
    '01',
    '1.0',
    '"1',
    '1"',
    'W/1',
    'w/"1"',
    'W/*',
    '"*"',
    '0, 1',
    '2147483647',
    '"2147483647"',
    '2147483650',
    '2147484000',
    '2150000000',
    '10000000000',
  ],
});

bounds('an Idempotency-Key', {
  schema: parameters.IdempotencyKey.schema,
  accepted: [
    ID,
    ID.toUpperCase(),
    `"${ID}"`,
    '00000000-0000-0000-0000-000000000000',
    '5f0f8a3e-0c1d-1b9e-0f1a-2d3c4b5a6978',
  ],
  rejected: ['key', '""', `"${ID}`, `${ID}"`, `${ID}, ${ID}`, ...OTHER_SPELLINGS],
});

bounds('the session that a page ends before', {
  schema: parameters.BeforeSession.schema,
  accepted: [ID, ID.toUpperCase()],
  rejected: OTHER_SPELLINGS,
});

bounds('the length of a page', {
  schema: parameters.Limit.schema,
  accepted: [1, 100],
  rejected: [0, 101, 1.5],
});

bounds('a registration', {
  schema: schemas.NewCredentials,
  like: { username: 'ada', password: 'long enough' },
  accepted: [
    {},
    { username: 'a.b_c@d-e+f' },
    { username: 'a'.repeat(64) },
    { password: 'p'.repeat(128) },
    { password: '🐳'.repeat(8) },
  ],
  rejected: [
    ...['ad', 'a'.repeat(65), '.ada', 'a b c', 'ada\n', 'ada\u0000', 'аda', 1, undefined].map((username) => ({
      username,
    })),
    ...['p'.repeat(7), 'p'.repeat(129), 12345678, undefined].map((password) => ({ password })),
    { role: 'admin' },
  ],
});

bounds('a change of password', {
  schema: schemas.PasswordChange,
  like: { current: 'long enough', next: 'longer than that' },
  accepted: [{}, { current: 'x' }, { current: 'p'.repeat(1024) }, { next: 'p'.repeat(128) }, { next: 'long enough' }],
  rejected: [
    ...['', 'p'.repeat(1025), 12345678, undefined].map((current) => ({ current })),
    ...['p'.repeat(7), 'p'.repeat(129), 12345678, undefined].map((next) => ({ next })),
    { username: 'ada' },
  ],
});

bounds('a login', {
  schema: schemas.Credentials,
  like: { username: 'ada', password: 'long enough' },
  // Names and passwords that cannot have been registered are accepted, so the answer is that of an unknown name.
  accepted: [{}, { username: 'x', password: 'y' }, { username: "' or 1=1 --" }, { password: 'p'.repeat(1024) }],
  rejected: [{ username: '' }, { username: 'a\u0000b' }, { password: '' }, { password: { $ne: 1 } }],
});

bounds('a profile', {
  schema: schemas.NewProfile,
  like: { username: 'ada', firstName: 'Ada', lastName: 'Byron', email: 'ada@example.org', phone: '+44 20 7946 0958' },
  accepted: [{}, { firstName: '李', lastName: "O'Neill-Müller" }, { phone: '12345' }, { phone: '+1 (555) 010.99-00' }],
  rejected: [
    ...['', 'x'.repeat(101), 'Ada\r\nBcc: all', '\u0000', undefined].map((firstName) => ({ firstName })),
    ...['ada', 'a@b.c\nBcc: d@e.f', `${'a'.repeat(250)}@b.cc`, undefined].map((email) => ({ email })),
    ...['call me', '+', '1'.repeat(40), undefined].map((phone) => ({ phone })),
    { id: ID },
  ],
});
