// Generated from the contracts in specs/ by `npm run specs`. Changes belong there.
export interface paths {
  '/auth': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Who is this?
     * @description For what stands in front of the services: answers who the session or token of a request belongs to. On the internal listener it also gives a short-lived token of that user to go on with, and counts a write of theirs, which `X-Forwarded-Method` tells, so that there is one limit for all that they write.
     */
    get: operations['forwardAuth'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/register': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Register */
    post: operations['register'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/login': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The login page */
    get: operations['loginPage'];
    put?: never;
    /**
     * Log in
     * @description Starts a session. An unknown name and a wrong password are answered alike, and take the same time.
     */
    post: operations['login'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/token': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Get a token
     * @description For clients without cookies. An unknown name and a wrong password are answered alike, and take the same time.
     */
    post: operations['token'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/logout': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Log out by a link
     * @description The session is revoked at once and its cookie cleared. Without a session there is nothing to do, and the answer is the same. A token of `/auth/token` lives out its time.
     */
    get: operations['logoutByLink'];
    put?: never;
    /**
     * Log out
     * @description The session is revoked at once and its cookie cleared. Without a session there is nothing to do, and the answer is the same. A token of `/auth/token` lives out its time.
     */
    post: operations['logout'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/password': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Change your password
     * @description Every other session of the caller ends at once, wherever it is; the one that the request came with goes on. Tokens of `/auth/token` live out their time. A wrong `current` counts as a failed login.
     */
    put: operations['changePassword'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/sessions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List your sessions
     * @description Those that hold, newest first.
     */
    get: operations['listSessions'];
    put?: never;
    post?: never;
    /**
     * End your sessions
     * @description All of them, at once and everywhere, also the one that the request came with. Tokens of `/auth/token` live out their time.
     */
    delete: operations['endSessions'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/auth/sessions/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * End a session
     * @description At once and everywhere. It may be the one that the request came with.
     */
    delete: operations['endSession'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/.well-known/jwks.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Public keys
     * @description What the signatures of tokens are checked with. While keys are being rotated there are two.
     */
    get: operations['jwks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/user': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create your profile
     * @description The profile's id is the user's own id. A billing account is opened soon after.
     */
    post: operations['createProfile'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/user/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read your profile */
    get: operations['readProfile'];
    /** Change your profile */
    put: operations['updateProfile'];
    post?: never;
    /**
     * Delete your profile
     * @description The personal data is gone. Orders and payments stay.
     */
    delete: operations['deleteProfile'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/users/{userId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read a user's profile
     * @description For services, and for the user. A service that asks for a profile that was deleted is told the version of the deletion, as `version`.
     */
    get: operations['readUser'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/orders': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List your orders
     * @description Newest first. The answer's `ETag` is the version of the whole list, for the `If-Match` of the next order. There is no 304: an order's status may change while the list's version stays.
     */
    get: operations['listOrders'];
    put?: never;
    /**
     * Place an order
     * @description Takes the next version of the caller's order list, charges the price, and answers when the money has decided, or 202 when that takes longer than the answer deadline. Of `If-Match` and `Idempotency-Key` at least one has to be sent; a key makes it safe to send the request again after a lost answer.
     */
    post: operations['createOrder'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/orders/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read an order
     * @description A service may read any order. With `Prefer: wait=<seconds>` the answer is held until the order is final, or the wait is over; then it is the order as it stands, or 304 if that is what `If-None-Match` has. While an order that succeeded is being taken back, `SUCCESS` is not final.
     */
    get: operations['readOrder'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/orders/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Follow an order
     * @description Server-sent events. The first one tells where the order stands, unless `Last-Event-ID` names that; each further one a change of it, and with the first that is final the stream ends: an order that succeeded may still be cancelled later. While it is being taken back `SUCCESS` is not final, and the stream goes on to `CANCELLED`. A stream that ends without a final state was cut off, by a deployment for example: ask again, as browsers do by themselves. A service may follow any order.
     */
    get: operations['orderEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/orders/{id}/cancellation': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Cancel an order
     * @description In progress, or after success: then the money goes back. Afterwards nothing is taken for the order, and nothing will be. The request has no body, and may be repeated: the answer stays the same. A charge that is under way at the same time either comes first and is refunded, or is turned away. A service may cancel any order, on behalf of an operator, and the order's `reason` tells who it was.
     */
    put: operations['cancelOrder'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/payments': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read your balance
     * @description A user without an account has 0.
     */
    get: operations['readBalance'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/payments/accounts/{userId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Open an account
     * @description For services only. A new profile causes it. Money opens an account as well, and one that is open stays as it is.
     */
    put: operations['openAccount'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/payments/transactions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List your transactions
     * @description Newest first. This is the audit log of the account.
     */
    get: operations['listTransactions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/payments/replenishments': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Put money on an account
     * @description The key's scope is `client` for a user and `order` for a service, which names the account in `userId`.
     */
    put: operations['replenish'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/payments/withdrawals': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Take money from an account
     * @description One key has one outcome, for ever: a declined withdrawal stays declined after a top-up, and a cancelled one never takes anything. The key's scope is `client` for a user and `order` for a service, which names the account in `userId`; the two never meet.
     */
    put: operations['withdraw'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/payments/withdrawals/{key}/cancellation': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Make sure that nothing stays taken under a key
     * @description For services only. Right whether the withdrawal happened, did not happen, or is still on its way: afterwards no money is taken under the key, and none will be.
     */
    put: operations['cancelWithdrawal'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/notifications': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List your notifications
     * @description Newest first.
     */
    get: operations['listNotifications'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health/ready': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Is all of it ready?
     * @description 200 only when every role behind the gateway is ready, or does without something that it can miss for a while.
     */
    get: operations['ready'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/problems/{kind}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What a problem means
     * @description A page for those who ask for HTML before JSON, as browsers do. JSON for anybody else.
     */
    get: operations['readProblem'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * @description Ties together what one request caused, in logs, messages and answers.
     * @example 0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e
     */
    CorrelationId: string;
    /**
     * Format: uuid
     * @description An id as this system gives it out, in lower case.
     * @example 0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e
     */
    Uuid: string;
    /** @example ada */
    Username: string;
    /**
     * Format: password
     * @description Any characters will do. What counts is their number.
     * @example correct horse battery staple
     */
    NewPassword: string;
    NewCredentials: {
      username: components['schemas']['Username'];
      password: components['schemas']['NewPassword'];
    };
    Account: {
      id: components['schemas']['Uuid'];
      username: components['schemas']['Username'];
    };
    /**
     * Format: password
     * @example correct horse battery staple
     */
    TypedPassword: string;
    /** @description Looser than what registration takes, so that a wrong name and a wrong password are answered alike instead of telling which names could exist. */
    Credentials: {
      /** @example ada */
      username: string;
      password: components['schemas']['TypedPassword'];
    };
    AccessToken: {
      /** @description A signed JWT, to be sent as `Authorization`. */
      access_token: string;
      /** @constant */
      token_type: 'Bearer';
      /**
       * @description Seconds.
       * @example 300
       */
      expires_in: number;
    };
    PasswordChange: {
      current: components['schemas']['TypedPassword'];
      next: components['schemas']['NewPassword'];
    };
    /**
     * Format: uuid
     * @description An id, in upper or lower case.
     * @example 0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e
     */
    UuidAnyCase: string;
    /**
     * Format: date-time
     * @example 2026-11-22T18:09:27.123Z
     */
    Time: string;
    /** @description A login that has not ended. What its cookie holds is told to nobody. */
    Session: {
      id: components['schemas']['Uuid'];
      createdAt: components['schemas']['Time'];
      expiresAt: components['schemas']['Time'];
      /** @description True for the session that the request came with. With a token there is none. */
      current: boolean;
    };
    PublicKey: {
      /** @constant */
      kty: 'EC';
      /** @constant */
      crv: 'P-256';
      x: string;
      y: string;
      kid: string;
      /** @constant */
      alg: 'ES256';
      /** @constant */
      use: 'sig';
    };
    PublicKeys: {
      /** @description Two of them while keys are being rotated. */
      keys: components['schemas']['PublicKey'][];
    };
    /** @example Ada */
    PersonName: string;
    /**
     * Format: email
     * @example ada@example.org
     */
    Email: string;
    /**
     * @description Near E.164. A plus, digits, and the spaces, dots, dashes and brackets that people put between them.
     * @example +44 20 7946 0958
     */
    Phone: string;
    NewProfile: {
      username: components['schemas']['Username'];
      firstName: components['schemas']['PersonName'];
      lastName: components['schemas']['PersonName'];
      email: components['schemas']['Email'];
      phone: components['schemas']['Phone'];
    };
    ProfileId: {
      id: components['schemas']['Uuid'];
    };
    Profile: {
      id: components['schemas']['Uuid'];
      username: components['schemas']['Username'];
      firstName: components['schemas']['PersonName'];
      lastName: components['schemas']['PersonName'];
      email: components['schemas']['Email'];
      phone: components['schemas']['Phone'];
    };
    /** @description The whole profile as it shall be. A `username` that is left out stays as it is. */
    ProfileChange: {
      username?: components['schemas']['Username'];
      firstName: components['schemas']['PersonName'];
      lastName: components['schemas']['PersonName'];
      email: components['schemas']['Email'];
      phone: components['schemas']['Phone'];
    };
    /**
     * @description Which change this is, counted from 1 without a gap.
     * @example 1
     */
    Version: number;
    /** @description The profile as services read it. */
    User: {
      userId: components['schemas']['Uuid'];
      username: components['schemas']['Username'];
      firstName: components['schemas']['PersonName'];
      lastName: components['schemas']['PersonName'];
      email: components['schemas']['Email'];
      phone: components['schemas']['Phone'];
      version: components['schemas']['Version'];
    };
    /**
     * @description Money in whole minor units. The greatest value is the greatest integer that every JSON reader takes exactly.
     * @example 500
     */
    Amount: number;
    /** @enum {string} */
    OrderStatus: 'IN_PROGRESS' | 'SUCCESS' | 'FAILED' | 'CANCELLED';
    /**
     * @description Why an order ended without success: there was not enough money, its deadline passed, or the buyer or an operator cancelled it.
     * @enum {string}
     */
    OrderReason: 'insufficient-funds' | 'deadline' | 'buyer' | 'operator';
    Order: {
      id: components['schemas']['Uuid'];
      userId: components['schemas']['Uuid'];
      price: components['schemas']['Amount'];
      /** @description The version of its owner's list that the order made. */
      version: components['schemas']['Version'];
      status: components['schemas']['OrderStatus'];
      reason?: components['schemas']['OrderReason'];
      createdAt: components['schemas']['Time'];
    } & (unknown & unknown);
    NewOrder: {
      price: components['schemas']['Amount'];
      /** @description May be left out. If given, it has to be the caller. */
      userId?: components['schemas']['UuidAnyCase'];
    };
    /** @description An order that was paid. Only the answer to a repeated request can show that it was cancelled since. */
    PaidOrder: components['schemas']['Order'] & {
      /** @enum {unknown} */
      status?: 'SUCCESS' | 'CANCELLED';
    };
    /** @description An order that the money has not decided yet. */
    OpenOrder: components['schemas']['Order'] & {
      /** @constant */
      status?: 'IN_PROGRESS';
    };
    /**
     * @description Server-sent events. Each has the `id` `<version>-<status>`, the name `status`, and an `Order` as its `data`. Lines that begin with a colon keep the connection alive and mean nothing.
     * @example id: 1-IN_PROGRESS
     *     event: status
     *     data: {"id":"0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e","userId":"0192f0c1-4b1d-7f00-8a3e-5c2b7d9e1f60","price":500,"version":1,"status":"IN_PROGRESS","createdAt":"2026-11-22T18:09:27.123Z"}
     *
     *     id: 1-SUCCESS
     *     event: status
     *     data: {"id":"0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e","userId":"0192f0c1-4b1d-7f00-8a3e-5c2b7d9e1f60","price":500,"version":1,"status":"SUCCESS","createdAt":"2026-11-22T18:09:27.123Z"}
     */
    OrderEventStream: string;
    /** @description An order that the buyer or an operator cancelled. The money is back. */
    CancelledOrder: components['schemas']['Order'] & {
      /** @constant */
      status?: 'CANCELLED';
      /** @enum {unknown} */
      reason: 'buyer' | 'operator';
    };
    /** @description An order whose cancellation is under way, as it stands. */
    OrderBeingCancelled: components['schemas']['Order'] & {
      /** @enum {unknown} */
      status?: 'IN_PROGRESS' | 'SUCCESS';
    };
    /**
     * @description What is on the account, in whole minor units.
     * @example 9500
     */
    Balance: number;
    AccountBalance: {
      userId: components['schemas']['Uuid'];
      amount: components['schemas']['Balance'];
    };
    /**
     * @description A number that grows with time, and that the next page is asked by.
     * @example 42
     */
    SequenceNumber: number;
    Transaction: {
      id: components['schemas']['SequenceNumber'];
      /** @enum {string} */
      kind: 'replenishment' | 'withdrawal';
      /** @description Positive for a replenishment, negative for a withdrawal. The balance is the sum over all that are not cancelled. */
      amount: number;
      /**
       * @description Who chose the key. `order` is the charge of an order, `client` a request of the owner's own.
       * @enum {string}
       */
      scope: 'client' | 'order';
      idempotencyKey: components['schemas']['Uuid'];
      /** @description True when the money went back. */
      isCancelled: boolean;
      createdAt: components['schemas']['Time'];
    };
    MoneyMove: {
      amount: components['schemas']['Amount'];
      /** @description Whose account. A service has to name it. A user may leave it out, and may name nobody else. */
      userId?: components['schemas']['UuidAnyCase'];
    };
    MoneyMoved: {
      transactionId: components['schemas']['SequenceNumber'];
      amount: components['schemas']['Amount'];
      /** @description What was on the account right after this move. */
      balance: components['schemas']['Balance'];
    };
    /**
     * @description Who or what took a charge back.
     * @enum {string}
     */
    CancelCause: 'buyer' | 'operator' | 'deadline';
    WithdrawalCancellation: {
      userId: components['schemas']['UuidAnyCase'];
      cause: components['schemas']['CancelCause'];
    };
    WithdrawalCancelled: {
      /**
       * @description `REFUNDED`: it was charged, and the money went back. `CANCELLED`: it was not charged, and never will be. `DECLINED`: it had been declined before.
       * @enum {string}
       */
      outcome: 'REFUNDED' | 'CANCELLED' | 'DECLINED';
      /** @description Of the first cancellation, whatever a later one names. A withdrawal that had been declined has none. */
      cause?: components['schemas']['CancelCause'];
    };
    Notification: {
      id: components['schemas']['SequenceNumber'];
      userId: components['schemas']['Uuid'];
      orderId: components['schemas']['Uuid'];
      /**
       * @description What happened to the order.
       * @enum {string}
       */
      event: 'OrderCreated' | 'OrderRejected' | 'OrderCancelled';
      /** @description What the buyer is told. */
      message: string;
      /**
       * @description How far the e-mail is. `UNDELIVERABLE` is final, as is `SENT`.
       * @enum {string}
       */
      status: 'PENDING' | 'SENT' | 'UNDELIVERABLE';
      createdAt: components['schemas']['Time'];
    };
    /**
     * @description How each role is doing, by its name. `degraded` is one that does without something that it can miss for a while.
     * @example {
     *       "auth": "ready",
     *       "users": "ready",
     *       "orders": "degraded",
     *       "billing": "ready",
     *       "notifications": "ready"
     *     }
     */
    RoleStates: {
      [key: string]: 'ready' | 'degraded' | 'unready';
    };
    Readiness: {
      /**
       * @description `degraded` when every role answers, and one of them does without something that it can miss for a while.
       * @enum {string}
       */
      status: 'ready' | 'degraded';
      roles: components['schemas']['RoleStates'];
    };
    ProblemExplanation: {
      type: string;
      title: string;
      status: number;
      explanation: string;
    };
    /**
     * A part of the system gave no usable answer
     * @description The service behind the gateway broke off or answered something unreadable. It is not known whether the request took effect. Send it again with the same key.
     */
    BadGatewayProblem: {
      /** @constant */
      type: '/problems/bad-gateway';
      /** @constant */
      title: 'A part of the system gave no usable answer';
      /** @constant */
      status: 502;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The request does not match its schema
     * @description A part of the request is missing, has the wrong type, is out of its bounds, or is not known here, and nothing was done. The detail names the first part that does not fit. Correct it and send the request again.
     */
    BadRequestProblem: {
      /** @constant */
      type: '/problems/bad-request';
      /** @constant */
      title: 'The request does not match its schema';
      /** @constant */
      status: 400;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The account cannot hold that much
     * @description With this amount the balance, together with what orders could still give back, would pass the greatest number that can be told exactly, 9007199254740991. Nothing was put on the account. Choose a smaller amount and a new key.
     */
    BalanceLimitProblem: {
      /** @constant */
      type: '/problems/balance-limit';
      /** @constant */
      title: 'The account cannot hold that much';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The withdrawal was cancelled
     * @description This key was cancelled, before or after money was taken under it. What was taken is back on the account, and nothing can be taken under this key any more. A new withdrawal needs a new key.
     */
    ChargeCancelledProblem: {
      /** @constant */
      type: '/problems/charge-cancelled';
      /** @constant */
      title: 'The withdrawal was cancelled';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
      cause: components['schemas']['CancelCause'];
    };
    /**
     * The request came from another site
     * @description Your browser sent this request on behalf of a page of another site, and such a request may change nothing here. If you meant it, do it from our own pages. Programs that are no browsers are not concerned.
     */
    CrossSiteProblem: {
      /** @constant */
      type: '/problems/cross-site';
      /** @constant */
      title: 'The request came from another site';
      /** @constant */
      status: 403;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * You may not do this
     * @description You are logged in, but this is not yours to see or to do. Some operations are for the services of this system among themselves. Logging in again does not change it.
     */
    ForbiddenProblem: {
      /** @constant */
      type: '/problems/forbidden';
      /** @constant */
      title: 'You may not do this';
      /** @constant */
      status: 403;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * A part of the system took too long
     * @description The service behind the gateway did not answer in time. It is not known whether the request took effect. Send it again with the same key.
     */
    GatewayTimeoutProblem: {
      /** @constant */
      type: '/problems/gateway-timeout';
      /** @constant */
      title: 'A part of the system took too long';
      /** @constant */
      status: 504;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The headers are too large
     * @description The headers of the request are larger than what is read here. Often the cause is a great number of cookies. Delete them and try again.
     */
    HeadersTooLargeProblem: {
      /** @constant */
      type: '/problems/headers-too-large';
      /** @constant */
      title: 'The headers are too large';
      /** @constant */
      status: 431;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The Idempotency-Key is not a UUID
     * @description The header Idempotency-Key takes one UUID, plain or in double quotes, and got something else. Nothing was done. Make a new UUID and send the request again.
     */
    IdempotencyKeyMalformedProblem: {
      /** @constant */
      type: '/problems/idempotency-key-malformed';
      /** @constant */
      title: 'The Idempotency-Key is not a UUID';
      /** @constant */
      status: 400;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The request needs an Idempotency-Key
     * @description A request that moves money carries a key, so that it can be repeated after a lost answer without moving the money twice. Make a new UUID, send it in the header Idempotency-Key, and use the same one whenever you repeat this very request.
     */
    IdempotencyKeyMissingProblem: {
      /** @constant */
      type: '/problems/idempotency-key-missing';
      /** @constant */
      title: 'The request needs an Idempotency-Key';
      /** @constant */
      status: 400;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The request has to wait for one that is still being worked on
     * @description An earlier request with this key has not ended yet, and this one waited for it in vain: with Idempotent-Replayed in the answer. Without, it waited for another request on the same account. Either way its outcome is not known so far. Send the same request with the same key again after the time in Retry-After.
     */
    InProgressProblem: {
      /** @constant */
      type: '/problems/in-progress';
      /** @constant */
      title: 'The request has to wait for one that is still being worked on';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * There is not enough money on the account
     * @description The account holds less than was asked for, so nothing was taken from it. This answer stays the same for this key, also after a top-up. Top up the account and send a new request with a new key.
     */
    InsufficientFundsProblem: {
      /** @constant */
      type: '/problems/insufficient-funds';
      /** @constant */
      title: 'There is not enough money on the account';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
      orderId?: components['schemas']['Uuid'];
      reason?: components['schemas']['OrderReason'];
    };
    /**
     * Something went wrong on our side
     * @description This is a fault of ours, and it has been logged under the correlation id of the answer. It is not known whether the request took effect. Send it again with the same key. If it stays, report it with the correlation id.
     */
    InternalErrorProblem: {
      /** @constant */
      type: '/problems/internal-error';
      /** @constant */
      title: 'Something went wrong on our side';
      /** @constant */
      status: 500;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The Idempotency-Key was used for another request
     * @description You have sent another request with this key before, and a key stands for one request for ever. This one had no effect. Use a new key for a new request.
     */
    KeyReusedProblem: {
      /** @constant */
      type: '/problems/key-reused';
      /** @constant */
      title: 'The Idempotency-Key was used for another request';
      /** @constant */
      status: 422;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The address does not take this method
     * @description The address exists, and takes other methods than the one that was sent. The header Allow lists them.
     */
    MethodNotAllowedProblem: {
      /** @constant */
      type: '/problems/method-not-allowed';
      /** @constant */
      title: 'The address does not take this method';
      /** @constant */
      status: 405;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * There is no such order
     * @description None of your orders has this id. An order of somebody else is answered like one that does not exist. The list of your orders shows those that you have.
     */
    NoSuchOrderProblem: {
      /** @constant */
      type: '/problems/no-such-order';
      /** @constant */
      title: 'There is no such order';
      /** @constant */
      status: 404;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * There is no such session
     * @description None of your sessions has this id. It may have ended already, and a session of somebody else is answered like one that does not exist. The list of your sessions shows those that hold.
     */
    NoSuchSessionProblem: {
      /** @constant */
      type: '/problems/no-such-session';
      /** @constant */
      title: 'There is no such session';
      /** @constant */
      status: 404;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * There is no such user
     * @description There is no profile under this id, or it is not yours, or it has been deleted. If it is your own id, create the profile first.
     */
    NoSuchUserProblem: {
      /** @constant */
      type: '/problems/no-such-user';
      /** @constant */
      title: 'There is no such user';
      /** @constant */
      status: 404;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
      version?: components['schemas']['Version'];
    };
    /**
     * The order cannot be cancelled
     * @description The order has failed, and no money is held for it, so there is nothing to take back. This does not change any more.
     */
    NotCancellableProblem: {
      /** @constant */
      type: '/problems/not-cancellable';
      /** @constant */
      title: 'The order cannot be cancelled';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
      orderId: components['schemas']['Uuid'];
      reason: components['schemas']['OrderReason'];
    };
    /**
     * There is nothing at this address
     * @description The address is not one that this system serves. Compare it with the API reference, letter by letter.
     */
    NotFoundProblem: {
      /** @constant */
      type: '/problems/not-found';
      /** @constant */
      title: 'There is nothing at this address';
      /** @constant */
      status: 404;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The account belongs to somebody else
     * @description The request names a user other than the one who is logged in, and one may act for oneself only. Leave the user id out or give your own.
     */
    NotYourAccountProblem: {
      /** @constant */
      type: '/problems/not-your-account';
      /** @constant */
      title: 'The account belongs to somebody else';
      /** @constant */
      status: 403;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The order was cancelled
     * @description The order was made, and then cancelled before this answer was ready. If it had been charged, the money is back on the account. Place a new order if you still want it.
     */
    OrderCancelledProblem: {
      /** @constant */
      type: '/problems/order-cancelled';
      /** @constant */
      title: 'The order was cancelled';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
      orderId: components['schemas']['Uuid'];
      reason: components['schemas']['OrderReason'];
    };
    /**
     * The order failed
     * @description The order could not be completed in its time and was given up. If it had been charged, the money is back on the account. Place a new order if you still want it.
     */
    OrderFailedProblem: {
      /** @constant */
      type: '/problems/order-failed';
      /** @constant */
      title: 'The order failed';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
      orderId: components['schemas']['Uuid'];
      reason: components['schemas']['OrderReason'];
    };
    /**
     * The body is too large
     * @description A body may have at most 16 KiB, and this one has more. It was not read and nothing was done.
     */
    PayloadTooLargeProblem: {
      /** @constant */
      type: '/problems/payload-too-large';
      /** @constant */
      title: 'The body is too large';
      /** @constant */
      status: 413;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The request needs If-Match or an Idempotency-Key
     * @description Without either of them an order that is sent twice would be made twice. Nothing was done. Send the version of your order list in If-Match (0 for an empty list), or a new UUID in Idempotency-Key, or both. An If-Match of * says no version.
     */
    PreconditionMissingProblem: {
      /** @constant */
      type: '/problems/precondition-missing';
      /** @constant */
      title: 'The request needs If-Match or an Idempotency-Key';
      /** @constant */
      status: 428;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * You have a profile already
     * @description Each user has one profile, and yours exists. Change it with PUT instead of creating another one.
     */
    ProfileExistsProblem: {
      /** @constant */
      type: '/problems/profile-exists';
      /** @constant */
      title: 'You have a profile already';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The request took too long to arrive
     * @description A request has to arrive whole within a few seconds, head and body, and this one did not. It had no effect. Send it again. If that does not help, look at the connection between you and this system.
     */
    RequestTimeoutProblem: {
      /** @constant */
      type: '/problems/request-timeout';
      /** @constant */
      title: 'The request took too long to arrive';
      /** @constant */
      status: 408;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The order list is not at that version
     * @description The version in If-Match is not the latest one of your order list: another order came first, or the list is not that far yet. No order was made and nothing was charged. The header ETag has the latest version. Look at the list, and send the request again with that version and the same key if you still want the order.
     */
    StaleOrderListProblem: {
      /** @constant */
      type: '/problems/stale-order-list';
      /** @constant */
      title: 'The order list is not at that version';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * There were too many requests
     * @description More requests came than are taken in this time. This one had no effect. Wait for the seconds in Retry-After and send it again. A key that it carried is not used up.
     */
    TooManyRequestsProblem: {
      /** @constant */
      type: '/problems/too-many-requests';
      /** @constant */
      title: 'There were too many requests';
      /** @constant */
      status: 429;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * You are not logged in
     * @description The request came without a session or token, or with one that has ended, was revoked or was not issued here. Log in again, or get a new token, and repeat the request.
     */
    UnauthenticatedProblem: {
      /** @constant */
      type: '/problems/unauthenticated';
      /** @constant */
      title: 'You are not logged in';
      /** @constant */
      status: 401;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * A part of the system is away
     * @description Something that the request needs is not there at the moment, or has too much to do. It is not known to have been taken. Send the same request again after the time in Retry-After. With the same key, or the same version, it is taken at most once.
     */
    UnavailableProblem: {
      /** @constant */
      type: '/problems/unavailable';
      /** @constant */
      title: 'A part of the system is away';
      /** @constant */
      status: 503;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
      roles?: components['schemas']['RoleStates'];
    };
    /**
     * The body is of a type that is not taken here
     * @description Bodies are JSON, with the header Content-Type: application/json. Only registration, login and token requests may be forms as well.
     */
    UnsupportedMediaTypeProblem: {
      /** @constant */
      type: '/problems/unsupported-media-type';
      /** @constant */
      title: 'The body is of a type that is not taken here';
      /** @constant */
      status: 415;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The username is taken
     * @description Somebody has registered under this name already. Choose another one, or log in if it was you.
     */
    UsernameTakenProblem: {
      /** @constant */
      type: '/problems/username-taken';
      /** @constant */
      title: 'The username is taken';
      /** @constant */
      status: 409;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
    /**
     * The username or the password is wrong
     * @description There is no account with this name and this password. For the safety of accounts it is not told which of the two is wrong. Check both and try again. After several failures in a row you will have to wait a few minutes.
     */
    WrongCredentialsProblem: {
      /** @constant */
      type: '/problems/wrong-credentials';
      /** @constant */
      title: 'The username or the password is wrong';
      /** @constant */
      status: 403;
      /** @description What is wrong with this very request. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      correlationId: components['schemas']['CorrelationId'];
    };
  };
  responses: {
    /** @description Without a session or token, or with one that does not hold. */
    Unauthenticated: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'WWW-Authenticate': components['headers']['Challenge'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['UnauthenticatedProblem'];
      };
    };
    /** @description Too many writes of this caller, by default more than a burst of 100 and 20 a second after it. */
    TooManyRequests: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['TooManyRequestsProblem'];
      };
    };
    /** @description A fault of ours. */
    InternalError: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['InternalErrorProblem'];
      };
    };
    /** @description A service broke off. */
    BadGateway: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['BadGatewayProblem'];
      };
    };
    /** @description Something that is needed is away, or has too much to do. */
    Unavailable: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['UnavailableProblem'];
      };
    };
    /** @description A service took too long. */
    GatewayTimeout: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['GatewayTimeoutProblem'];
      };
    };
    /** @description The request does not match its schema. */
    BadRequest: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['BadRequestProblem'];
      };
    };
    /** @description Sent by a page of another site. */
    CrossSite: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['CrossSiteProblem'];
      };
    };
    /** @description Somebody has this name. */
    UsernameTaken: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['UsernameTakenProblem'];
      };
    };
    /** @description The body has more than 16 KiB. */
    PayloadTooLarge: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['PayloadTooLargeProblem'];
      };
    };
    /** @description The body is of another type than is taken here. */
    UnsupportedMediaType: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['UnsupportedMediaTypeProblem'];
      };
    };
    /** @description Too many registrations, by default 1,000 from the address within an hour. */
    TooManyRegistrations: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['TooManyRequestsProblem'];
      };
    };
    /** @description An unknown name or a wrong password, which are not told apart, or sent by a page of another site. */
    WrongCredentials: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          components['schemas']['WrongCredentialsProblem'] | components['schemas']['CrossSiteProblem'];
      };
    };
    /** @description Too many wrong passwords, by default 10 for the account or 100 from the address within 5 minutes. Right ones do not count. A change of the password also counts as one of its user's writes. */
    TooManyFailedLogins: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['TooManyRequestsProblem'];
      };
    };
    /** @description The current password is another one, or the request was sent by a page of another site. */
    WrongPassword: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          components['schemas']['WrongCredentialsProblem'] | components['schemas']['CrossSiteProblem'];
      };
    };
    /** @description No session of the caller has this id. */
    NoSuchSession: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['NoSuchSessionProblem'];
      };
    };
    /** @description Not for this caller, or sent by a page of another site. */
    ForbiddenWrite: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          components['schemas']['ForbiddenProblem'] | components['schemas']['CrossSiteProblem'];
      };
    };
    /** @description The caller has a profile. */
    ProfileExists: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProfileExistsProblem'];
      };
    };
    /** @description Not for this caller. */
    Forbidden: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ForbiddenProblem'];
      };
    };
    /** @description No profile that the caller may see has this id. */
    NoSuchUser: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['NoSuchUserProblem'];
      };
    };
    /** @description The request does not match its schema, or its key is not a UUID. */
    BadOrderRequest: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          components['schemas']['BadRequestProblem'] | components['schemas']['IdempotencyKeyMalformedProblem'];
      };
    };
    /** @description Not for this caller, about another user, or sent by a page of another site. */
    ForbiddenWriteToOthers: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          | components['schemas']['ForbiddenProblem']
          | components['schemas']['NotYourAccountProblem']
          | components['schemas']['CrossSiteProblem'];
      };
    };
    /** @description The list is at another version, or the order was made and did not succeed. `ETag` has the latest version of the list, or the one that the order made. But for `stale-order-list`, which makes no order, the answer always has `Location`, `orderId` and `reason`. */
    OrderRefused: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        ETag: components['headers']['ListVersion'];
        Location: components['headers']['OrderLocationIfMade'];
        'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          | components['schemas']['StaleOrderListProblem']
          | components['schemas']['InsufficientFundsProblem']
          | components['schemas']['OrderCancelledProblem']
          | components['schemas']['OrderFailedProblem'];
      };
    };
    /** @description The key stands for another request. */
    KeyReused: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['KeyReusedProblem'];
      };
    };
    /** @description Neither a list version nor a key was sent. */
    PreconditionMissing: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['PreconditionMissingProblem'];
      };
    };
    /** @description The database is away, or as many orders are in flight, or wait for their workflow, as are taken at a time. The order is not known to be taken: send the same request again after `Retry-After`, it is taken at most once. */
    OrderNotTaken: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['UnavailableProblem'];
      };
    };
    /** @description No order of the caller has this id. */
    NoSuchOrder: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['NoSuchOrderProblem'];
      };
    };
    /** @description The order has failed. */
    NotCancellable: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['NotCancellableProblem'];
      };
    };
    /** @description The request does not match its schema, or its key is missing or not a UUID. */
    BadMoneyRequest: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          | components['schemas']['BadRequestProblem']
          | components['schemas']['IdempotencyKeyMissingProblem']
          | components['schemas']['IdempotencyKeyMalformedProblem'];
      };
    };
    /** @description About another user, or sent by a page of another site. */
    WriteToOthers: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          components['schemas']['NotYourAccountProblem'] | components['schemas']['CrossSiteProblem'];
      };
    };
    /** @description The account cannot hold that much, or this request, or another one on the account, is still being worked on. */
    ReplenishmentRefused: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
        'Retry-After': components['headers']['RetryAfterInProgress'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          components['schemas']['BalanceLimitProblem'] | components['schemas']['InProgressProblem'];
      };
    };
    /** @description There is not enough money, the key was cancelled, or this request, or another one on the account, is still being worked on. */
    WithdrawalRefused: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
        'Retry-After': components['headers']['RetryAfterInProgress'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          | components['schemas']['InsufficientFundsProblem']
          | components['schemas']['ChargeCancelledProblem']
          | components['schemas']['InProgressProblem'];
      };
    };
    /** @description The withdrawal, or another request on the account, is still being worked on, and this one waited for it in vain. Nothing has happened by it so far. */
    InProgress: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['InProgressProblem'];
      };
    };
    /** @description Not for this caller, or about another user. */
    ForbiddenToOthers: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json':
          components['schemas']['ForbiddenProblem'] | components['schemas']['NotYourAccountProblem'];
      };
    };
    /** @description Nothing is at this address. */
    NotFound: {
      headers: {
        'X-Correlation-Id': components['headers']['CorrelationId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['NotFoundProblem'];
      };
    };
  };
  parameters: {
    /** @description The greatest length of the page. */
    Limit: number;
    /** @description Only sessions that are older than the one with this id. The `Link` of a page has the value for the next one. */
    BeforeSession: components['schemas']['UuidAnyCase'];
    /** @description A session's id. Anything that is not the id of a session of yours answers 404. */
    SessionId: string;
    /** @description The caller's own user id. */
    ProfileId: string;
    /** @description A user id. For a user only the own one is there, for a service all are. */
    UserId: string;
    /** @description Only orders with a smaller version. The `Link` of a page has the value for the next one. */
    BeforeVersion: number;
    /**
     * @description A UUID of any version, plain or in double quotes, upper or lower case. One key has one order for ever. It is the caller's own: no user can use up the key of
     *     another one. `If-Match` is not part of the request that a key stands for.
     *
     *     | The key | The answer |
     *     | --- | --- |
     *     | is not sent | `If-Match` has to name a version, otherwise 428 `precondition-missing` |
     *     | is not a UUID | 400 `idempotency-key-malformed` |
     *     | came with the same request, whose order is final | the first final status, also a refusal such as `insufficient-funds`, with `Idempotent-Replayed: true`; the order's id, price and version as they were then, its status as it is now |
     *     | came with the same request, whose order is in progress | the same outcome, waited for; past the answer deadline 202; either with `Idempotent-Replayed: true` |
     *     | came with another request | 422 `key-reused`, and nothing happens |
     *     | came with a request that was refused before it had any effect (400, 401, 403, 409 `stale-order-list`, 413, 415, 428, 429, 503) | is not used up: it may be sent again with the request put right |
     */
    OptionalIdempotencyKey: string;
    /** @description The version that the order list is at, as in the `ETag` of `GET /orders`, plain or in double quotes, `0` for an empty list. When the list has moved on, or is not there yet, no order is made. With an `Idempotency-Key` it may be left out, or be `*`: at whatever version is next. It is looked at after the key, so that a repeated request is not told that its own order made the list stale. */
    IfMatch: string;
    /** @description An order's id. For a user, anything that is not the id of an own order answers 404. */
    OrderId: string;
    /** @description An `ETag` of an earlier answer, or several of them, or `*`. While the order is still as one of them says, the answer is 304. What is no entity tag equals none. */
    IfNoneMatch: string;
    /** @description `wait=<seconds>` holds the answer until the order is final, and at most that long (RFC 7240). More than 30 counts as 30, and `Preference-Applied` says what counted. Preferences that are not known here are ignored, as is a wait that is no number. */
    Prefer: string;
    /** @description The id of the last event that was received, as browsers send it by themselves when they ask again. If it is that of the order's final state, the answer is 204. Otherwise the stream tells what has changed since. */
    LastEventId: string;
    /** @description Whose account. */
    AccountOwner: components['schemas']['UuidAnyCase'];
    /** @description Only transactions with a smaller id. The `Link` of a page has the value for the next one. */
    BeforeTransaction: components['schemas']['SequenceNumber'];
    /**
     * @description A UUID of any version, plain or in double quotes, upper or lower case. One key has one outcome for ever. It is the caller's own: no user can use up the key
     *     of another one, or the key under which an order is charged.
     *
     *     | The key | The answer |
     *     | --- | --- |
     *     | is missing | 400 `idempotency-key-missing` |
     *     | is not a UUID | 400 `idempotency-key-malformed` |
     *     | came with the same request, which has ended | the first final answer, also a refusal such as `insufficient-funds`, with the body as it was then and `Idempotent-Replayed: true` |
     *     | came with the same request, which is still being worked on | the same outcome, waited for; past the answer deadline 409 `in-progress` with `Retry-After`; either with `Idempotent-Replayed: true` |
     *     | came with another request | 422 `key-reused`, and nothing happens |
     *     | came with a request that was refused before it had any effect (400, 401, 403, 413, 415, 429, 503) | is not used up: send it again with the request put right |
     */
    IdempotencyKey: string;
    /** @description The `Idempotency-Key` of the withdrawal, in the scope `order`. */
    WithdrawalKey: components['schemas']['UuidAnyCase'];
    /** @description May be left out. If given, it has to be the caller. */
    NotificationOwner: components['schemas']['UuidAnyCase'];
    /** @description Only notifications with a smaller id. The `Link` of a page has the value for the next one. */
    BeforeNotification: components['schemas']['SequenceNumber'];
    /**
     * @description The last part of a problem's `type`.
     * @example insufficient-funds
     */
    ProblemKind: string;
  };
  requestBodies: never;
  headers: {
    /** @description The request's own `X-Correlation-Id` if it was a sane token, else a new one. */
    CorrelationId: components['schemas']['CorrelationId'];
    /** @description Whose session or token it is. */
    UserId: components['schemas']['Uuid'];
    /** @description A short-lived token of that user, for what stands in front of the services. On the internal listener only: on the public one a page's script could read what HttpOnly hides. */
    Authorization: string;
    /** @description How to authenticate. */
    Challenge: string;
    /** @description Seconds to wait before the same request is sent again. */
    RetryAfter: string;
    /** @description `session_id`, HttpOnly, SameSite=Lax, for the path `/`, and Secure behind TLS. */
    SessionCookie: string;
    /** @description `session_id` without a value, which takes the cookie away. */
    SessionCookieGone: string;
    /** @description The next page, with `rel="next"`. Absent on the last one. */
    NextPage: string;
    /** @description `session_id` without a value, when the request came with the cookie of a session that has ended by this. */
    SessionCookieCleared: string;
    /** @description Where the profile is. */
    ProfileLocation: string;
    /** @description The latest version of the caller's order list, for the next `If-Match`. `"0"` for an empty list. */
    ListVersion: string;
    /** @description Where the order is. */
    OrderLocation: string;
    /** @description The version of the caller's order list that this order made. */
    VersionMade: string;
    /** @description Present, and `true`, when the answer belongs to an earlier request with the same key. */
    IdempotentReplayed: 'true';
    /** @description The version of the caller's order list that this order made. Absent where it is not known yet. */
    VersionMadeIfKnown: string;
    /** @description Where the order is. Absent for `stale-order-list`, which makes none. */
    OrderLocationIfMade: string;
    /** @description The order's version and status. */
    OrderVersion: string;
    /** @description For how many seconds the answer was held at most. Present when `Prefer` asked for a wait. */
    PreferenceApplied: string;
    /** @description Present, and `true`, when the order had been cancelled before this request. */
    AlreadyCancelled: 'true';
    /** @description Seconds to wait before the same request is sent again. With `in-progress` only. */
    RetryAfterInProgress: string;
    /** @description The answer depends on `Accept`. */
    VaryAccept: string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  forwardAuth: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The session or token holds. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'X-User-Id': components['headers']['UserId'];
          Authorization: components['headers']['Authorization'];
          [name: string]: unknown;
        };
        content?: never;
      };
      401: components['responses']['Unauthenticated'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  register: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewCredentials'];
        'application/x-www-form-urlencoded': components['schemas']['NewCredentials'];
      };
    };
    responses: {
      /** @description The account exists now. */
      201: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Account'];
        };
      };
      400: components['responses']['BadRequest'];
      403: components['responses']['CrossSite'];
      409: components['responses']['UsernameTaken'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRegistrations'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  loginPage: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page with a form. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  login: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['Credentials'];
        'application/x-www-form-urlencoded': components['schemas']['Credentials'];
      };
    };
    responses: {
      /** @description The session is in the cookie. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Set-Cookie': components['headers']['SessionCookie'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Account'];
        };
      };
      400: components['responses']['BadRequest'];
      403: components['responses']['WrongCredentials'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyFailedLogins'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  token: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['Credentials'];
        'application/x-www-form-urlencoded': components['schemas']['Credentials'];
      };
    };
    responses: {
      /** @description A short-lived token, for 5 minutes. It lives out its time, whatever becomes of the sessions. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AccessToken'];
        };
      };
      400: components['responses']['BadRequest'];
      403: components['responses']['WrongCredentials'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyFailedLogins'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  logoutByLink: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description There is no session any more. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Set-Cookie': components['headers']['SessionCookieGone'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      403: components['responses']['CrossSite'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  logout: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description There is no session any more. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Set-Cookie': components['headers']['SessionCookieGone'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      403: components['responses']['CrossSite'];
      413: components['responses']['PayloadTooLarge'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  changePassword: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['PasswordChange'];
      };
    };
    responses: {
      /** @description From now on it is the next password. */
      204: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['WrongPassword'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyFailedLogins'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  listSessions: {
    parameters: {
      query?: {
        /** @description The greatest length of the page. */
        limit?: components['parameters']['Limit'];
        /** @description Only sessions that are older than the one with this id. The `Link` of a page has the value for the next one. */
        before?: components['parameters']['BeforeSession'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of sessions. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Link: components['headers']['NextPage'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'][];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  endSessions: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description There is no session of the caller any more. */
      204: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Set-Cookie': components['headers']['SessionCookieCleared'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['CrossSite'];
      413: components['responses']['PayloadTooLarge'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  endSession: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description A session's id. Anything that is not the id of a session of yours answers 404. */
        id: components['parameters']['SessionId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The session has ended. */
      204: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Set-Cookie': components['headers']['SessionCookieCleared'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['CrossSite'];
      404: components['responses']['NoSuchSession'];
      413: components['responses']['PayloadTooLarge'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  jwks: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The keys. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PublicKeys'];
        };
      };
      400: components['responses']['BadRequest'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  createProfile: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewProfile'];
      };
    };
    responses: {
      /** @description The profile exists now. */
      201: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Location: components['headers']['ProfileLocation'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ProfileId'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['ForbiddenWrite'];
      409: components['responses']['ProfileExists'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  readProfile: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The caller's own user id. */
        id: components['parameters']['ProfileId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The profile. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Profile'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NoSuchUser'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  updateProfile: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The caller's own user id. */
        id: components['parameters']['ProfileId'];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ProfileChange'];
      };
    };
    responses: {
      /** @description The profile as it is now. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Profile'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['ForbiddenWrite'];
      404: components['responses']['NoSuchUser'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  deleteProfile: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The caller's own user id. */
        id: components['parameters']['ProfileId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The profile is gone. */
      204: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['ForbiddenWrite'];
      404: components['responses']['NoSuchUser'];
      413: components['responses']['PayloadTooLarge'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  readUser: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description A user id. For a user only the own one is there, for a service all are. */
        userId: components['parameters']['UserId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The profile. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      404: components['responses']['NoSuchUser'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  listOrders: {
    parameters: {
      query?: {
        /** @description The greatest length of the page. */
        limit?: components['parameters']['Limit'];
        /** @description Only orders with a smaller version. The `Link` of a page has the value for the next one. */
        before?: components['parameters']['BeforeVersion'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of orders. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          ETag: components['headers']['ListVersion'];
          Link: components['headers']['NextPage'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Order'][];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  createOrder: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description A UUID of any version, plain or in double quotes, upper or lower case. One key has one order for ever. It is the caller's own: no user can use up the key of
         *     another one. `If-Match` is not part of the request that a key stands for.
         *
         *     | The key | The answer |
         *     | --- | --- |
         *     | is not sent | `If-Match` has to name a version, otherwise 428 `precondition-missing` |
         *     | is not a UUID | 400 `idempotency-key-malformed` |
         *     | came with the same request, whose order is final | the first final status, also a refusal such as `insufficient-funds`, with `Idempotent-Replayed: true`; the order's id, price and version as they were then, its status as it is now |
         *     | came with the same request, whose order is in progress | the same outcome, waited for; past the answer deadline 202; either with `Idempotent-Replayed: true` |
         *     | came with another request | 422 `key-reused`, and nothing happens |
         *     | came with a request that was refused before it had any effect (400, 401, 403, 409 `stale-order-list`, 413, 415, 428, 429, 503) | is not used up: it may be sent again with the request put right |
         */
        'Idempotency-Key'?: components['parameters']['OptionalIdempotencyKey'];
        /** @description The version that the order list is at, as in the `ETag` of `GET /orders`, plain or in double quotes, `0` for an empty list. When the list has moved on, or is not there yet, no order is made. With an `Idempotency-Key` it may be left out, or be `*`: at whatever version is next. It is looked at after the key, so that a repeated request is not told that its own order made the list stale. */
        'If-Match'?: components['parameters']['IfMatch'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewOrder'];
      };
    };
    responses: {
      /** @description The order was made and paid. */
      201: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Location: components['headers']['OrderLocation'];
          ETag: components['headers']['VersionMade'];
          'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PaidOrder'];
        };
      };
      /** @description The order was made, and whether it is paid is not known yet: charging is slow, or what runs the orders is away. It goes on by itself. Read it at `Location`, or send the same request again under its key. */
      202: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Location: components['headers']['OrderLocation'];
          ETag: components['headers']['VersionMadeIfKnown'];
          'Retry-After': components['headers']['RetryAfter'];
          'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OpenOrder'];
        };
      };
      400: components['responses']['BadOrderRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['ForbiddenWriteToOthers'];
      409: components['responses']['OrderRefused'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['KeyReused'];
      428: components['responses']['PreconditionMissing'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['OrderNotTaken'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  readOrder: {
    parameters: {
      query?: never;
      header?: {
        /** @description An `ETag` of an earlier answer, or several of them, or `*`. While the order is still as one of them says, the answer is 304. What is no entity tag equals none. */
        'If-None-Match'?: components['parameters']['IfNoneMatch'];
        /** @description `wait=<seconds>` holds the answer until the order is final, and at most that long (RFC 7240). More than 30 counts as 30, and `Preference-Applied` says what counted. Preferences that are not known here are ignored, as is a wait that is no number. */
        Prefer?: components['parameters']['Prefer'];
      };
      path: {
        /** @description An order's id. For a user, anything that is not the id of an own order answers 404. */
        id: components['parameters']['OrderId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The order. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          ETag: components['headers']['OrderVersion'];
          'Preference-Applied': components['headers']['PreferenceApplied'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Order'];
        };
      };
      /** @description The order is still as `If-None-Match` has it. */
      304: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          ETag: components['headers']['OrderVersion'];
          'Preference-Applied': components['headers']['PreferenceApplied'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      404: components['responses']['NoSuchOrder'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  orderEvents: {
    parameters: {
      query?: never;
      header?: {
        /** @description The id of the last event that was received, as browsers send it by themselves when they ask again. If it is that of the order's final state, the answer is 204. Otherwise the stream tells what has changed since. */
        'Last-Event-ID'?: components['parameters']['LastEventId'];
      };
      path: {
        /** @description An order's id. For a user, anything that is not the id of an own order answers 404. */
        id: components['parameters']['OrderId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The events. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': components['schemas']['OrderEventStream'];
        };
      };
      /** @description The order's state is final, and the one that `Last-Event-ID` names, and nothing more will come. A browser stops asking. */
      204: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      404: components['responses']['NoSuchOrder'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  cancelOrder: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description An order's id. For a user, anything that is not the id of an own order answers 404. */
        id: components['parameters']['OrderId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The order is cancelled, by this request or by an earlier one. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          ETag: components['headers']['OrderVersion'];
          'Idempotent-Replayed': components['headers']['AlreadyCancelled'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CancelledOrder'];
        };
      };
      /** @description The order is going to be cancelled, and is not yet. Read it at `Location`, or send the same request again. */
      202: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Location: components['headers']['OrderLocation'];
          ETag: components['headers']['OrderVersion'];
          'Retry-After': components['headers']['RetryAfter'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OrderBeingCancelled'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['CrossSite'];
      404: components['responses']['NoSuchOrder'];
      409: components['responses']['NotCancellable'];
      413: components['responses']['PayloadTooLarge'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  readBalance: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The balance. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AccountBalance'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  openAccount: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Whose account. */
        userId: components['parameters']['AccountOwner'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The account was there. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AccountBalance'];
        };
      };
      /** @description The account was opened. */
      201: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AccountBalance'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['ForbiddenWrite'];
      413: components['responses']['PayloadTooLarge'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  listTransactions: {
    parameters: {
      query?: {
        /** @description The greatest length of the page. */
        limit?: components['parameters']['Limit'];
        /** @description Only transactions with a smaller id. The `Link` of a page has the value for the next one. */
        before?: components['parameters']['BeforeTransaction'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of transactions. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Link: components['headers']['NextPage'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Transaction'][];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  replenish: {
    parameters: {
      query?: never;
      header: {
        /**
         * @description A UUID of any version, plain or in double quotes, upper or lower case. One key has one outcome for ever. It is the caller's own: no user can use up the key
         *     of another one, or the key under which an order is charged.
         *
         *     | The key | The answer |
         *     | --- | --- |
         *     | is missing | 400 `idempotency-key-missing` |
         *     | is not a UUID | 400 `idempotency-key-malformed` |
         *     | came with the same request, which has ended | the first final answer, also a refusal such as `insufficient-funds`, with the body as it was then and `Idempotent-Replayed: true` |
         *     | came with the same request, which is still being worked on | the same outcome, waited for; past the answer deadline 409 `in-progress` with `Retry-After`; either with `Idempotent-Replayed: true` |
         *     | came with another request | 422 `key-reused`, and nothing happens |
         *     | came with a request that was refused before it had any effect (400, 401, 403, 413, 415, 429, 503) | is not used up: send it again with the request put right |
         */
        'Idempotency-Key': components['parameters']['IdempotencyKey'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['MoneyMove'];
      };
    };
    responses: {
      /** @description The money is on the account. */
      201: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['MoneyMoved'];
        };
      };
      400: components['responses']['BadMoneyRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['WriteToOthers'];
      409: components['responses']['ReplenishmentRefused'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['KeyReused'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  withdraw: {
    parameters: {
      query?: never;
      header: {
        /**
         * @description A UUID of any version, plain or in double quotes, upper or lower case. One key has one outcome for ever. It is the caller's own: no user can use up the key
         *     of another one, or the key under which an order is charged.
         *
         *     | The key | The answer |
         *     | --- | --- |
         *     | is missing | 400 `idempotency-key-missing` |
         *     | is not a UUID | 400 `idempotency-key-malformed` |
         *     | came with the same request, which has ended | the first final answer, also a refusal such as `insufficient-funds`, with the body as it was then and `Idempotent-Replayed: true` |
         *     | came with the same request, which is still being worked on | the same outcome, waited for; past the answer deadline 409 `in-progress` with `Retry-After`; either with `Idempotent-Replayed: true` |
         *     | came with another request | 422 `key-reused`, and nothing happens |
         *     | came with a request that was refused before it had any effect (400, 401, 403, 413, 415, 429, 503) | is not used up: send it again with the request put right |
         */
        'Idempotency-Key': components['parameters']['IdempotencyKey'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['MoneyMove'];
      };
    };
    responses: {
      /** @description The money was taken. */
      201: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['MoneyMoved'];
        };
      };
      400: components['responses']['BadMoneyRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['WriteToOthers'];
      409: components['responses']['WithdrawalRefused'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['KeyReused'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  cancelWithdrawal: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The `Idempotency-Key` of the withdrawal, in the scope `order`. */
        key: components['parameters']['WithdrawalKey'];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['WithdrawalCancellation'];
      };
    };
    responses: {
      /** @description What had become of the withdrawal, the same for ever. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          'Idempotent-Replayed': components['headers']['IdempotentReplayed'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WithdrawalCancelled'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['ForbiddenWrite'];
      409: components['responses']['InProgress'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['KeyReused'];
      429: components['responses']['TooManyRequests'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  listNotifications: {
    parameters: {
      query?: {
        /** @description May be left out. If given, it has to be the caller. */
        userId?: components['parameters']['NotificationOwner'];
        /** @description The greatest length of the page. */
        limit?: components['parameters']['Limit'];
        /** @description Only notifications with a smaller id. The `Link` of a page has the value for the next one. */
        before?: components['parameters']['BeforeNotification'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of notifications. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Link: components['headers']['NextPage'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Notification'][];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['ForbiddenToOthers'];
      500: components['responses']['InternalError'];
      502: components['responses']['BadGateway'];
      503: components['responses']['Unavailable'];
      504: components['responses']['GatewayTimeout'];
    };
  };
  ready: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Everything is ready. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Readiness'];
        };
      };
      400: components['responses']['BadRequest'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  readProblem: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The last part of a problem's `type`.
         * @example insufficient-funds
         */
        kind: components['parameters']['ProblemKind'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The explanation. */
      200: {
        headers: {
          'X-Correlation-Id': components['headers']['CorrelationId'];
          Vary: components['headers']['VaryAccept'];
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          'application/json': components['schemas']['ProblemExplanation'];
        };
      };
      400: components['responses']['BadRequest'];
      404: components['responses']['NotFound'];
      500: components['responses']['InternalError'];
    };
  };
}
