import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';

/** Hashes of a recipient's address. They are stored and compared instead of the address, which is personal data. */
export interface Recipient {
  addressKey: string;
  domainKey: string;
}

/**
 * At most providers, addresses that differ only in case or in a tag after a plus sign belong to the same mailbox. So
 * they have the same keys.
 */
export function recipientOf(address: string): Recipient {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0)).toLowerCase();
  const written = address.slice(at + 1).toLowerCase();
  const domain = (domainToASCII(written) || written).replace(/\.$/, '');
  return { addressKey: keyOf(`${local.replace(/(?<=.)\+.*$/s, '')}@${domain}`), domainKey: keyOf(domain) };
}

const keyOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
