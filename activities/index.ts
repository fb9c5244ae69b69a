import type { HttpClient } from '../lib/http/client.ts';
import type { EventCodec } from '../lib/kafka/events.ts';
import type { Publisher } from '../lib/kafka/message.ts';
import { createAnnouncementActivities } from './announcement.ts';
import { createBillingActivities } from './billing.ts';
import { createOrderActivities, type Orders } from './orders.ts';
import { createProfileActivities } from './profile.ts';

export interface ActivityPorts {
  billing: HttpClient;
  users: HttpClient;
  orders: Orders;
  publisher: Publisher;
  codec: EventCodec;
}

/** All activities. */
export const createActivities = (ports: ActivityPorts) => ({
  ...createBillingActivities(ports),
  ...createOrderActivities(ports),
  ...createAnnouncementActivities(ports),
  ...createProfileActivities(ports),
});

export type Activities = ReturnType<typeof createActivities>;
