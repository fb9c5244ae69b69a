import { startKafkaLink, startLink } from '../fakes/link.ts';
import { freePort } from '../free-port.ts';
import { env } from '../temporal/server.ts';
import { startShop } from './shop.ts';

export type LinkedShop = Awaited<ReturnType<typeof startLinkedShop>>;

/** Starts the app with a link to each of its servers and to billing. */
export async function startLinkedShop(variables: Record<string, string>) {
  const billingPort = await freePort();
  const links = {
    temporal: await startLink(env('TEMPORAL_ADDRESS')),
    kafka: await startKafkaLink(env('KAFKA_BROKERS')),
    postgres: await startLink(new URL(env('TEST_POSTGRES_URL')).host),
    billing: await startLink(`127.0.0.1:${billingPort}`),
  };
  const closeLinks = () => Object.values(links).forEach((link) => link.close());
  try {
    const shop = await startShop({
      postgresAt: links.postgres.address,
      env: {
        TEMPORAL_ADDRESS: links.temporal.address,
        KAFKA_BROKERS: links.kafka.address,
        BILLING_PORT: String(billingPort),
        BILLING_URL: `http://${links.billing.address}`,
        ...variables,
      },
    });
    return { ...shop, links, stop: () => shop.stop().finally(closeLinks) };
  } catch (error) {
    closeLinks();
    throw error;
  }
}
