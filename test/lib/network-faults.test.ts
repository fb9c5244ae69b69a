/** Which network faults left no effect behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noResponseProblem } from '../../api/gateway/upstreams.ts';
import { isNotReached } from '../../lib/network-faults.ts';

const errorOf = (code: string, syscall?: string) =>
  Object.assign(new Error(code), { code, ...(syscall && { syscall }) });

test('without a connection a request had no effect, so the gateway answers unavailable', () => {
  const unreachable = ['ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ETIMEDOUT'];
  const errors = [
    ...unreachable.map((code) => errorOf(code, 'connect')),
    ...['ENOTFOUND', 'EAI_AGAIN'].map((code) => errorOf(code, 'getaddrinfo')),
    ...['UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'].map((code) => errorOf(code)),
  ];
  for (const error of errors) assert.equal(noResponseProblem(error).kind, 'unavailable', error.message);
});

test('if the network fails during a request, its outcome is unknown, so the gateway answers bad-gateway', () => {
  for (const error of [
    errorOf('EHOSTUNREACH', 'read'),
    errorOf('ENETUNREACH', 'write'),
    errorOf('ETIMEDOUT', 'read'),
    errorOf('ECONNRESET', 'read'),
    errorOf('EPIPE', 'write'),
    errorOf('ECONNRESET'),
  ])
    assert.equal(noResponseProblem(error).kind, 'bad-gateway', error.message);
});

test('an error without a network code is none', () => {
  assert.equal(isNotReached(new TypeError('a bug')), false);
  assert.equal(isNotReached(undefined), false);
});
