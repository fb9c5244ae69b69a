import { gatewayApi } from '../../../api/gateway/app.ts';
import { createUpstreams } from '../../../api/gateway/upstreams.ts';
import { createClientReader } from '../../../lib/http/forwarded.ts';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { publishedDocument, restDocument } from '../../../roles/contract.ts';
import { gatewayKey } from '../requests/tokens.ts';
import { serveQuietly } from './service.ts';

/** Starts the gateway's public listener in front of these roles. */
export async function startGateway(
  urls: Record<string, string>,
  { trustedProxies = [] as string[], answerTimeoutMs = 5_000 } = {},
) {
  const tokens = { auth: createServiceTokens('gateway', gatewayKey, 'auth') };
  const upstreams = createUpstreams(new Map(Object.entries(urls)), { tokens, answerTimeoutMs });
  const middleware = gatewayApi({
    document: restDocument,
    published: publishedDocument,
    upstreams,
    clientOf: createClientReader(trustedProxies),
  });
  const listener = await serveQuietly('gateway', middleware, { operations: false });
  return {
    url: listener.url,
    async close() {
      await listener.close();
      await upstreams.close();
    },
  };
}
