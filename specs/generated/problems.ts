// Generated from the contracts in specs/ by `npm run specs`. Changes belong there.

/** Every way in which this system says no. */
export const problemKinds = {
  'bad-request': {
    status: 400,
    title: 'The request does not match its schema',
    explanation:
      'A part of the request is missing, has the wrong type, is out of its bounds, or is not known here, and nothing was done. The detail names the first part that does not fit. Correct it and send the request again.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'The request needs an Idempotency-Key',
    explanation:
      'A request that moves money carries a key, so that it can be repeated after a lost answer without moving the money twice. Make a new UUID, send it in the header Idempotency-Key, and use the same one whenever you repeat this very request.',
  },
  'idempotency-key-malformed': {
    status: 400,
    title: 'The Idempotency-Key is not a UUID',
    explanation:
      'The header Idempotency-Key takes one UUID, plain or in double quotes, and got something else. Nothing was done. Make a new UUID and send the request again.',
  },
  unauthenticated: {
    status: 401,
    title: 'You are not logged in',
    explanation:
      'The request came without a session or token, or with one that has ended, was revoked or was not issued here. Log in again, or get a new token, and repeat the request.',
  },
  'wrong-credentials': {
    status: 403,
    title: 'The username or the password is wrong',
    explanation:
      'There is no account with this name and this password. For the safety of accounts it is not told which of the two is wrong. Check both and try again. After several failures in a row you will have to wait a few minutes.',
  },
  'cross-site': {
    status: 403,
    title: 'The request came from another site',
    explanation:
      'Your browser sent this request on behalf of a page of another site, and such a request may change nothing here. If you meant it, do it from our own pages. Programs that are no browsers are not concerned.',
  },
  'not-your-account': {
    status: 403,
    title: 'The account belongs to somebody else',
    explanation:
      'The request names a user other than the one who is logged in, and one may act for oneself only. Leave the user id out or give your own.',
  },
  forbidden: {
    status: 403,
    title: 'You may not do this',
    explanation:
      'You are logged in, but this is not yours to see or to do. Some operations are for the services of this system among themselves. Logging in again does not change it.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing at this address',
    explanation: 'The address is not one that this system serves. Compare it with the API reference, letter by letter.',
  },
  'no-such-order': {
    status: 404,
    title: 'There is no such order',
    explanation:
      'None of your orders has this id. An order of somebody else is answered like one that does not exist. The list of your orders shows those that you have.',
  },
  'no-such-user': {
    status: 404,
    title: 'There is no such user',
    explanation:
      'There is no profile under this id, or it is not yours, or it has been deleted. If it is your own id, create the profile first.',
  },
  'no-such-session': {
    status: 404,
    title: 'There is no such session',
    explanation:
      'None of your sessions has this id. It may have ended already, and a session of somebody else is answered like one that does not exist. The list of your sessions shows those that hold.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The address does not take this method',
    explanation: 'The address exists, and takes other methods than the one that was sent. The header Allow lists them.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    explanation:
      'A request has to arrive whole within a few seconds, head and body, and this one did not. It had no effect. Send it again. If that does not help, look at the connection between you and this system.',
  },
  'stale-order-list': {
    status: 409,
    title: 'The order list is not at that version',
    explanation:
      'The version in If-Match is not the latest one of your order list: another order came first, or the list is not that far yet. No order was made and nothing was charged. The header ETag has the latest version. Look at the list, and send the request again with that version and the same key if you still want the order.',
  },
  'insufficient-funds': {
    status: 409,
    title: 'There is not enough money on the account',
    explanation:
      'The account holds less than was asked for, so nothing was taken from it. This answer stays the same for this key, also after a top-up. Top up the account and send a new request with a new key.',
  },
  'order-cancelled': {
    status: 409,
    title: 'The order was cancelled',
    explanation:
      'The order was made, and then cancelled before this answer was ready. If it had been charged, the money is back on the account. Place a new order if you still want it.',
  },
  'order-failed': {
    status: 409,
    title: 'The order failed',
    explanation:
      'The order could not be completed in its time and was given up. If it had been charged, the money is back on the account. Place a new order if you still want it.',
  },
  'not-cancellable': {
    status: 409,
    title: 'The order cannot be cancelled',
    explanation:
      'The order has failed, and no money is held for it, so there is nothing to take back. This does not change any more.',
  },
  'username-taken': {
    status: 409,
    title: 'The username is taken',
    explanation: 'Somebody has registered under this name already. Choose another one, or log in if it was you.',
  },
  'profile-exists': {
    status: 409,
    title: 'You have a profile already',
    explanation: 'Each user has one profile, and yours exists. Change it with PUT instead of creating another one.',
  },
  'charge-cancelled': {
    status: 409,
    title: 'The withdrawal was cancelled',
    explanation:
      'This key was cancelled, before or after money was taken under it. What was taken is back on the account, and nothing can be taken under this key any more. A new withdrawal needs a new key.',
  },
  'balance-limit': {
    status: 409,
    title: 'The account cannot hold that much',
    explanation:
      'With this amount the balance, together with what orders could still give back, would pass the greatest number that can be told exactly, 9007199254740991. Nothing was put on the account. Choose a smaller amount and a new key.',
  },
  'in-progress': {
    status: 409,
    title: 'The request has to wait for one that is still being worked on',
    explanation:
      'An earlier request with this key has not ended yet, and this one waited for it in vain: with Idempotent-Replayed in the answer. Without, it waited for another request on the same account. Either way its outcome is not known so far. Send the same request with the same key again after the time in Retry-After.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    explanation: 'A body may have at most 16 KiB, and this one has more. It was not read and nothing was done.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is of a type that is not taken here',
    explanation:
      'Bodies are JSON, with the header Content-Type: application/json. Only registration, login and token requests may be forms as well.',
  },
  'key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    explanation:
      'You have sent another request with this key before, and a key stands for one request for ever. This one had no effect. Use a new key for a new request.',
  },
  'precondition-missing': {
    status: 428,
    title: 'The request needs If-Match or an Idempotency-Key',
    explanation:
      'Without either of them an order that is sent twice would be made twice. Nothing was done. Send the version of your order list in If-Match (0 for an empty list), or a new UUID in Idempotency-Key, or both. An If-Match of * says no version.',
  },
  'too-many-requests': {
    status: 429,
    title: 'There were too many requests',
    explanation:
      'More requests came than are taken in this time. This one had no effect. Wait for the seconds in Retry-After and send it again. A key that it carried is not used up.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    explanation:
      'The headers of the request are larger than what is read here. Often the cause is a great number of cookies. Delete them and try again.',
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong on our side',
    explanation:
      'This is a fault of ours, and it has been logged under the correlation id of the answer. It is not known whether the request took effect. Send it again with the same key. If it stays, report it with the correlation id.',
  },
  'bad-gateway': {
    status: 502,
    title: 'A part of the system gave no usable answer',
    explanation:
      'The service behind the gateway broke off or answered something unreadable. It is not known whether the request took effect. Send it again with the same key.',
  },
  unavailable: {
    status: 503,
    title: 'A part of the system is away',
    explanation:
      'Something that the request needs is not there at the moment, or has too much to do. It is not known to have been taken. Send the same request again after the time in Retry-After. With the same key, or the same version, it is taken at most once.',
  },
  'gateway-timeout': {
    status: 504,
    title: 'A part of the system took too long',
    explanation:
      'The service behind the gateway did not answer in time. It is not known whether the request took effect. Send it again with the same key.',
  },
} as const;

/** The last part of a problem's `type`. */
export type ProblemKind = keyof typeof problemKinds;
