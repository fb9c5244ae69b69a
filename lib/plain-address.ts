/** A socket for both protocols shows IPv4 addresses in the clothes of IPv6: here without them. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
