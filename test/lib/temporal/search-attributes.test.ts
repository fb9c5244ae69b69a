/** The readiness check of Temporal's search attributes, on a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createAttributeCheck,
  registerMissing,
  type OperatorConnection,
} from '../../../lib/temporal/search-attributes.ts';
import { eventually } from '../../support/eventually.ts';
import { createNamespace, type TestNamespace } from '../../support/temporal/namespace.ts';

/** Types in Temporal's API. */
const [KEYWORD, INT] = [2, 3];
let namespace: TestNamespace;

before(async () => {
  namespace = await createNamespace();
});
after(() => namespace.temporal.close());

const refusalOf = async (check: () => Promise<void>): Promise<string> => {
  const error = await check().then(
    () => new Error('the check resolved'),
    (reason: Error) => reason,
  );
  assert.ok(error instanceof Error, error.stack);
  return error.message;
};

test('a namespace without the search attributes is not ready, and every missing one is named with its type', async () => {
  const check = createAttributeCheck(namespace.connection, namespace.name);
  assert.equal(
    await refusalOf(check),
    `Temporal's namespace "${namespace.name}" lacks search attributes, so orders wait: register ` +
      'OrderStatus (KEYWORD), OrderOwner (KEYWORD), OrderStuck (KEYWORD)',
  );
  // Reachability alone is a separate check.
  await namespace.temporal.check();
  await assert.rejects(namespace.temporal.checkForOrders(), Error);
});

test('an attribute of another type counts as missing, and the check passes once all exist', async () => {
  const check = createAttributeCheck(namespace.connection, namespace.name);
  await namespace.register({ OrderStatus: INT, OrderOwner: KEYWORD });
  await eventually(async () =>
    assert.match(await refusalOf(check), /register OrderStatus \(KEYWORD; it is INT\), OrderStuck \(KEYWORD\)$/),
  );
});

test('registering adds only what is missing, and the check then passes', async () => {
  const other = await createNamespace();
  try {
    const check = createAttributeCheck(other.connection, other.name);
    await other.register({ OrderOwner: KEYWORD });
    await eventually(async () => assert.match(await refusalOf(check), /register OrderStatus [^,]*, OrderStuck [^,]*$/));
    assert.deepEqual(await registerMissing(other.connection, other.name), ['OrderStatus', 'OrderStuck']);
    await eventually(() => check());
    await eventually(() => other.temporal.checkForOrders());
  } finally {
    await other.temporal.close();
  }
});

/** A server that answers the list with this gRPC error. */
const failing = (code: number): OperatorConnection => ({
  withDeadline: (_deadline, act) => act(),
  operatorService: {
    async listSearchAttributes() {
      throw Object.assign(new Error('refused'), { code });
    },
    addSearchAttributes: async () => {},
  },
});

for (const [code, name] of [
  [7, 'PERMISSION_DENIED'],
  [12, 'UNIMPLEMENTED'],
  [16, 'UNAUTHENTICATED'],
] as const) {
  test(`a role that may not list the search attributes (${name}) is not reported`, async () => {
    await createAttributeCheck(failing(code), 'shop')();
  });
}

test('a list that fails for another reason is not taken for a permission', async () => {
  await assert.rejects(createAttributeCheck(failing(14), 'shop')(), /refused/);
});

test('concurrent and repeated checks share one list', async () => {
  let lists = 0;
  const connection: OperatorConnection = {
    withDeadline: (_deadline, act) => act(),
    operatorService: {
      async listSearchAttributes() {
        lists++;
        return { customAttributes: { OrderStatus: KEYWORD, OrderOwner: KEYWORD, OrderStuck: KEYWORD } };
      },
      addSearchAttributes: async () => {},
    },
  };
  const check = createAttributeCheck(connection, 'shop');
  await Promise.all([check(), check(), check()]);
  await check();
  assert.equal(lists, 1);
});
