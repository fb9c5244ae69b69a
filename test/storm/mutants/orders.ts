import { lines, migrationOf, type Mutant } from './mutant.ts';

/** Mutants of the order row: its version, key, status and owner. */
export const orderMutants: readonly Mutant[] = [
  {
    name: 'status-without-expected-state',
    summary: 'an order is settled whatever its status, even if it was cancelled meanwhile',
    caughtBy: ['I5', 'I6', 'I8', 'I9'],
    changes: [
      {
        file: 'api/orders/store.ts',
        find: "where id = ${id}::uuid and status = 'IN_PROGRESS' returning ${COLUMNS}`;",
        replace: 'where id = ${id}::uuid returning ${COLUMNS}`;',
      },
      {
        file: migrationOf('orders'),
        find: 'create trigger orders_only_forward before update on orders for each row execute function orders_only_forward();',
        replace: '',
      },
    ],
  },
  {
    name: 'reread-in-same-statement',
    summary:
      'an earlier order under the key is looked up in the statement that waited for it, whose snapshot cannot see it',
    caughtBy: ['I11', 'I12', 'I14'],
    changes: [
      {
        file: 'api/orders/store.ts',
        find: lines(
          "        if (inserted) return { kind: 'placed', order: toOrder(inserted) };",
          '        // Only a new snapshot sees the row that the insert waited for, so these are separate statements. Reading the',
          '        // version before the key ensures that an order of this key is found if it took the version.',
          '        const latest = request.ifMatch === undefined ? undefined : await latestVersion(db, request.ownerId);',
          '        const earlier = await this.findEarlier(request);',
          '        if (earlier) return earlier;',
        ),
        replace: lines(
          "        if (inserted?.placed) return { kind: 'placed', order: toOrder(inserted) };",
          "        if (inserted) return { kind: 'found', order: toOrder(inserted), fingerprint: inserted.fingerprint };",
          '        const latest = request.ifMatch === undefined ? undefined : await latestVersion(db, request.ownerId);',
        ),
      },
      {
        file: 'api/orders/statements.ts',
        find: '  return db.$queryRaw<OrderRow[]>`\n    insert into orders (',
        replace:
          '  return db.$queryRaw<Array<OrderRow & { placed: boolean }>>`\n    with inserted as (insert into orders (',
      },
      {
        file: 'api/orders/statements.ts',
        find: '    on conflict do nothing\n    returning ${COLUMNS}`;',
        replace: lines(
          '    on conflict do nothing',
          '    returning ${COLUMNS})',
          '    select *, true as placed from inserted',
          '    union all select ${COLUMNS}, false from orders where owner_id = ${ownerId}::uuid and idempotency_key = ${key ?? null}::uuid`;',
        ),
      },
    ],
  },
  {
    name: 'precondition-before-key',
    summary:
      'the list version is checked before the key, so a retry after a lost answer is rejected because of the order it made',
    caughtBy: ['I11', 'I12', 'I14'],
    changes: [
      {
        file: 'api/orders/store.ts',
        find: lines(
          '        const earlier = await this.findEarlier(request);',
          '        if (earlier) return earlier;',
          "        if (latest !== undefined && request.ifMatch !== latest) return { kind: 'stale', latestVersion: latest };",
        ),
        replace: lines(
          "        if (latest !== undefined && request.ifMatch !== latest) return { kind: 'stale', latestVersion: latest };",
          '        const earlier = await this.findEarlier(request);',
          '        if (earlier) return earlier;',
        ),
      },
    ],
  },
  {
    name: 'version-not-unique',
    summary: 'two orders may take the same version of a list',
    caughtBy: ['I10', 'I11'],
    changes: [
      {
        file: migrationOf('orders'),
        find: 'create unique index owner_id_version_idx on orders (owner_id, version);',
        replace: 'create index owner_id_version_idx on orders (owner_id, version);',
      },
    ],
  },
  {
    name: 'identity-header-trusted',
    summary: 'the gateway forwards an identity header from the client, and services trust it',
    caughtBy: ['I22', 'I23'],
    changes: [
      { file: 'api/gateway/headers.ts', find: "  'tracestate',", replace: "  'tracestate',\n  'x-user-id'," },
      {
        file: 'lib/http/api.ts',
        find: '  const caller = token ? await verify(token) : undefined;',
        replace: lines(
          '  const verified = token ? await verify(token) : undefined;',
          "  const named = ctx.get('x-user-id');",
          "  const caller: Caller | undefined = named && verified?.kind === 'user' ? { kind: 'user', id: named } : verified;",
        ),
      },
    ],
  },
];
