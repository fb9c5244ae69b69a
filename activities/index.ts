import type { Activities } from '../specs/temporal.ts';
import { createAnnouncementActivities, type AnnouncementPorts } from './announce.ts';
import { createChargeActivities, type ChargePorts } from './charge.ts';
import { createOrderActivities, type Orders } from './orders.ts';
import { createProfileActivities, type ProfilePorts } from './profile.ts';

export interface ActivityPorts extends ProfilePorts, ChargePorts, AnnouncementPorts {
  orders: Orders;
}

/** Everything that workflows may ask of the outside world. */
export const createActivities = (ports: ActivityPorts): Activities => ({
  ...createChargeActivities(ports),
  ...createOrderActivities(ports),
  ...createAnnouncementActivities(ports),
  ...createProfileActivities(ports),
});
