import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type FetchImplementation } from 'jose';
import { Agent, fetch } from 'undici';
import { KEEP_ALIVE } from './keep-alive.ts';

/** Finds the public key of a token. Rejects if it is not published, or if the keys cannot be read. */
export type KeySource = (header: { alg: string; kid: string }) => ReturnType<ReturnType<typeof createLocalJWKSet>>;

const TIMEOUT_MS = 2_000;
const connections = new Agent(KEEP_ALIVE);

/**
 * Reads keys from `url`. While the URL is down, uses the keys fetched last. The search for any other key then rejects,
 * because that key may be new.
 */
export function publishedKeys(url: URL, refetchAfterMs: number): KeySource {
  const published = createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: refetchAfterMs,
    [customFetch]: fetchKeys,
  });
  return async (header) => {
    try {
      return await published(header);
    } catch (error) {
      const known = published.jwks();
      if (!known || error instanceof errors.JWKSNoMatchingKey) throw error;
      return createLocalJWKSet(known)(header).catch(() => {
        throw error;
      });
    }
  };
}

/** The global `fetch` would keep idle connections for as long as the server suggests. */
const fetchKeys: FetchImplementation = async (url, { method, redirect, signal, headers }) => {
  const response = await fetch(url, { method, redirect, signal, headers: [...headers], dispatcher: connections });
  return Response.json(await response.json(), { status: response.status });
};
