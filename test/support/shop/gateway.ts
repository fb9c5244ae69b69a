import { gatewayApi } from '../../../api/gateway/app.ts';
import { createClientReader } from '../../../api/gateway/forwarded.ts';
import { createUpstreams } from '../../../api/gateway/upstreams.ts';
import { publishedDocument, restDocument } from '../../../roles/contract.ts';
import { serveQuietly } from './service.ts';

/** Starts the gateway's public listener in front of these roles. */
export async function startGateway(
  urls: Record<string, string>,
  { trustedProxies = [] as string[], answerTimeoutMs = 5_000 } = {},
) {
  const upstreams = createUpstreams(new Map(Object.entries(urls)), { answerTimeoutMs });
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
