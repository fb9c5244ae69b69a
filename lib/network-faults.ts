/** No connection was made, so the request certainly had no effect. */
const NOT_REACHED =
  /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|ENOTFOUND|EAI_.+|UND_ERR_CONNECT_TIMEOUT)$/;
/** The server's certificate was refused, which happens before the first byte of a request is sent. */
const NOT_TRUSTED =
  /^(CERT_.+|CRL_.+|UNABLE_TO_.+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|ERR_TLS_CERT_.+)$/;
/** The connection broke, so the outcome of a request on it is unknown. */
const BROKEN = /^(ECONNRESET|ECONNABORTED|ENOTCONN|EPIPE|ESHUTDOWN|ETIMEDOUT|ENETRESET|EPROTO|ERR_(SSL|TLS)_.+)$/;
/** System calls before a connection exists. */
const CONNECT_CALLS = new Set(['connect', 'getaddrinfo']);

const isNotReachedCode = (code: string): boolean => NOT_REACHED.test(code) || NOT_TRUSTED.test(code);

/** True if the code says that the other side cannot be reached, or that the connection to it broke. */
export const isNetworkCode = (code: string): boolean => isNotReachedCode(code) || BROKEN.test(code);

/**
 * True if no connection was made. A host can also become unreachable while a request is running, so the system call
 * that failed counts more than the code.
 */
export function isNotReached(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string') return false;
  if (typeof syscall === 'string') return CONNECT_CALLS.has(syscall) && isNetworkCode(code);
  return isNotReachedCode(code);
}
