import { lines, migrationOf, type Mutant } from './mutant.ts';

/** Broken around the row of an order, its version, its key, its status and its owner. */
export const orderMutants: readonly Mutant[] = [
  {
    name: 'status-without-expected-state',
    summary: 'an order is settled whatever it is by then, also when it was cancelled meanwhile',
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
      'the order of an earlier request is looked for in the statement that waited for it, where it cannot be seen',
    caughtBy: ['I11', 'I12', 'I14'],
    changes: [
      {
        file: 'api/orders/store.ts',
        find: lines(
          "        if (inserted) return { kind: 'placed', order: toOrder(inserted) };",
          "        // New statements: only a new snapshot sees the row that the insert waited for. The version first: the order that made it may be the key's own.",
          '        const latest = asked.ifMatch === undefined ? undefined : await latestVersion(db, asked.ownerId);',
          '        const earlier = await this.findEarlier(asked);',
          '        if (earlier) return earlier;',
        ),
        replace: lines(
          "        if (inserted?.placed) return { kind: 'placed', order: toOrder(inserted) };",
          "        if (inserted) return { kind: 'found', order: toOrder(inserted), fingerprint: inserted.fingerprint };",
          '        const latest = asked.ifMatch === undefined ? undefined : await latestVersion(db, asked.ownerId);',
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
      'the list version is looked at before the key, so the repeat of a request whose answer was lost is told that its own order made the list stale',
    caughtBy: ['I11', 'I12', 'I14'],
    changes: [
      {
        file: 'api/orders/store.ts',
        find: lines(
          '        const earlier = await this.findEarlier(asked);',
          '        if (earlier) return earlier;',
          "        if (latest !== undefined && asked.ifMatch !== latest) return { kind: 'stale', latestVersion: latest };",
        ),
        replace: lines(
          "        if (latest !== undefined && asked.ifMatch !== latest) return { kind: 'stale', latestVersion: latest };",
          '        const earlier = await this.findEarlier(asked);',
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
    summary: 'a header of the client, passed on by the gateway, says who the buyer is',
    caughtBy: ['I22', 'I23'],
    changes: [
      { file: 'api/gateway/headers.ts', find: "  'tracestate',", replace: "  'tracestate',\n  'x-user-id'," },
      {
        file: 'lib/api.ts',
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
