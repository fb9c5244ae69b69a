import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveQuietly } from '../../support/shop/service.ts';

const readinessWith = async (probe: () => Promise<unknown>, needed: boolean) => {
  const checks = [
    { name: 'database', probe: async () => {}, needed: true },
    { name: 'temporal', probe, needed },
  ];
  const service = await serveQuietly('orders', [], { checks });
  try {
    const response = await fetch(`${service.url}/health/ready`);
    return { code: response.status, ...((await response.json()) as object) };
  } finally {
    await service.close();
  }
};

test('readiness tells the reason that a check gives, and the role stays ready without a dependency it can spare', async () => {
  const lacking = () => Promise.reject(new Error('register OrderStatus'));
  assert.deepEqual(await readinessWith(lacking, false), {
    code: 200,
    status: 'degraded',
    checks: { database: 'up', temporal: 'degraded' },
    reasons: { temporal: 'register OrderStatus' },
  });
  assert.deepEqual(await readinessWith(lacking, true), {
    code: 503,
    status: 'unready',
    checks: { database: 'up', temporal: 'down' },
    reasons: { temporal: 'register OrderStatus' },
  });
});

test('a reason contains no user and no password', async () => {
  assert.deepEqual(
    await readinessWith(() => Promise.reject(new Error('no answer of postgres://ada:p@ss@host')), false),
    {
      code: 200,
      status: 'degraded',
      checks: { database: 'up', temporal: 'degraded' },
      reasons: { temporal: 'no answer of postgres://host' },
    },
  );
});

test('a ready role has no reasons', async () => {
  assert.deepEqual(await readinessWith(async () => {}, false), {
    code: 200,
    status: 'ready',
    checks: { database: 'up', temporal: 'up' },
  });
});
