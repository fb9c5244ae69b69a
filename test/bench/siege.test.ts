/** The parts of `npm run siege` that need no installation: the attackers themselves, and the verdict. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { attacks, type AttackName, type Tally } from '../../bench/siege/attacks.ts';
import { faultsOf, reportOf, type Case } from '../../bench/siege/verdict.ts';
import { eventually } from '../support/eventually.ts';

const undisturbed = { ms: [10, 20, 30], errors: {} };
const caseOf = (ms: number[], memoryMb: number): Case => ({
  name: 'a case',
  orders: { ms, errors: {} },
  memoryMb,
  attacker: { 200: 7 },
});

test('a case fails if the slowest order takes more than three times as long as the slowest undisturbed one, or if memory grows by more than 200 MB', () => {
  assert.deepEqual(faultsOf(caseOf([10, 90], 200), undisturbed), []);
  assert.deepEqual(faultsOf(caseOf([10, 91], 201), undisturbed), ['slowest order above 90 ms', 'memory above 200 MB']);
  assert.match(
    reportOf([caseOf([10, 91], -3)], undisturbed),
    /^ +undisturbed: 3 orders, median 20 ms, slowest 30 ms, errors: none\nFAIL a case: 2 orders, .* memory -3 MB\n +attacker: 7 × 200\n/,
  );
});

for (const attack of Object.keys(attacks) as AttackName[]) {
  test(`the attack ${attack} reaches its target from the given address, and ends`, async () => {
    const from = new Set<string | undefined>();
    let bytes = 0;
    const server = createServer((socket) => {
      from.add(socket.remoteAddress);
      socket.on('error', () => {});
      socket.on('data', (chunk) => (bytes += chunk.length));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const end = new AbortController();
    const tally: Tally = {};
    const attacking = attacks[attack]({
      url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      from: '127.0.0.1',
      credentials: { username: 'u', password: 'p' },
      signal: end.signal,
      tally,
    });
    await eventually(() => assert.ok(attack === 'idle connections' ? (tally['connected'] ?? 0) > 1000 : bytes > 5_000));
    end.abort();
    await attacking;
    assert.deepEqual([...from], ['127.0.0.1']);
    server.close();
  });
}
