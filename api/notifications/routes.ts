import { takePage, pageParams, present } from '../../lib/http/answers.ts';
import { buyer, type Handlers } from '../../lib/http/api.ts';
import { Problem } from '../../lib/http/problem.ts';
import type { Notification, NotificationStore } from './store.ts';

export interface NotificationsPorts {
  store: Pick<NotificationStore, 'list'>;
}

/** Handlers of the notifications service. */
export function notificationHandlers({ store }: NotificationsPorts): Handlers<'listNotifications'> {
  return {
    listNotifications: async (call) => {
      const { userId } = call.query;
      if (userId !== undefined && userId.toLowerCase() !== buyer(call))
        throw new Problem('not-your-account', 'If userId is sent, it must be your own id');
      const { limit, before } = pageParams(call);
      const found = await store.list(buyer(call), { limit: limit + 1, before });
      present(call, 200, takePage(call, found, limit, ({ seq }) => seq).map(toBody));
    },
  };
}

const toBody = ({ seq, userId, orderId, eventName, message, status, createdAt }: Notification) => ({
  id: seq,
  userId,
  orderId,
  event: eventName,
  message,
  status,
  createdAt,
});
