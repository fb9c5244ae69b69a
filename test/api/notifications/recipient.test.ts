/** Addresses are compared by hashes. Different spellings of one mailbox have the same hash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipientOf } from '../../../api/notifications/recipient.ts';

test('case, tags and the spelling of a domain make no other address', () => {
  const { addressKey, domainKey } = recipientOf('ada@bücher.example');
  for (const same of [
    'Ada@BÜCHER.example',
    'ada+shop@bücher.example',
    'ada+a+b@xn--bcher-kva.example',
    'ADA@bücher.example.',
  ])
    assert.deepEqual(recipientOf(same), { addressKey, domainKey }, same);
});

test('other mailboxes and other domains have other keys, and no key contains the address', () => {
  const ada = recipientOf('ada@example.org');
  for (const other of ['eve@example.org', 'adalovelace@example.org', '+ada@example.org']) {
    assert.notEqual(recipientOf(other).addressKey, ada.addressKey);
    assert.equal(recipientOf(other).domainKey, ada.domainKey);
  }
  assert.notEqual(recipientOf('ada@sub.example.org').domainKey, ada.domainKey);
  assert.notEqual(recipientOf('+ada@example.org').addressKey, recipientOf('+eve@example.org').addressKey);
  assert.doesNotMatch(JSON.stringify(ada), /ada|example/);
  for (const odd of ['', 'ada', '@', 'ada@', 'a@b@c', 'ada@exa mple']) assert.ok(recipientOf(odd).addressKey);
});
