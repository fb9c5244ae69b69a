import type { Activities } from '../specs/temporal.ts';
import { createAnnouncementActivities } from './announce.ts';
import type { Announcement } from './announcement/port.ts';
import { createChargeActivities } from './charge.ts';
import { createOrderActivities, type Orders } from './orders.ts';
import type { Payment } from './payment/port.ts';
import { createProfileActivities, type ProfilePorts } from './profile.ts';

export interface ActivityPorts extends ProfilePorts {
  payment: Payment;
  announcement: Announcement;
  orders: Orders;
}

/** Everything that workflows may ask of the outside world. */
export const createActivities = (ports: ActivityPorts): Activities => ({
  ...createChargeActivities(ports),
  ...createOrderActivities(ports),
  ...createAnnouncementActivities(ports),
  ...createProfileActivities(ports),
});
