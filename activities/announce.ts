import type { OrderActivities } from '../specs/temporal.ts';
import type { Announcement } from './announcement/port.ts';

export const createAnnouncementActivities = ({
  announcement,
}: {
  announcement: Announcement;
}): Pick<OrderActivities, 'announceOrder'> => ({
  announceOrder: (request) => announcement.announce(request),
});
