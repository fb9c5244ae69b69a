import { buyer, type Handler } from '../../lib/api.ts';
import { firstPage, pageOf, present } from '../../lib/exchange.ts';
import { Problem } from '../../lib/problem.ts';
import type { Notification, NotificationStore } from './store.ts';

export interface NotificationsPorts {
  store: Pick<NotificationStore, 'list'>;
}

/** The operations of the notification service. */
export function notificationHandlers({ store }: NotificationsPorts): Record<string, Handler> {
  return {
    listNotifications: async (call) => {
      const { userId } = call.query as { userId?: string };
      if (userId !== undefined && userId.toLowerCase() !== buyer(call))
        throw new Problem('not-your-account', 'userId, if it is sent, must be your own id');
      const { limit, before } = pageOf(call);
      const found = await store.list(buyer(call), { limit: limit + 1, before });
      present(call, 200, firstPage(call, found, limit, ({ seq }) => seq).map(toBody));
    },
  };
}

/** The only way out for a notification. */
const toBody = ({ seq, userId, orderId, eventName, message, status, createdAt }: Notification) => ({
  id: seq,
  userId,
  orderId,
  event: eventName,
  message,
  status,
  createdAt,
});
