import { ApplicationFailure } from '@temporalio/common';
import type { FinalStatus, OrderActivities } from '../specs/temporal.ts';
import type { Announcement } from './announcement/port.ts';
import { originOf, readPlaced, reportContradiction, type OrderReader, type PlacedOrder } from './placed-order.ts';

export interface AnnouncementPorts {
  announcement: Announcement;
  orders: OrderReader;
}

export function createAnnouncementActivities({
  announcement,
  orders,
}: AnnouncementPorts): Pick<OrderActivities, 'announceOrder'> {
  return {
    /**
     * Announces the order to the owner in its row. Announces only a status that the row has, or had as its first final
     * one.
     */
    async announceOrder({ orderId, ownerId, status }) {
      const row = await readPlaced(orders, { orderId, ownerId });
      if (!hasReached(row, status)) {
        reportContradiction(row.id, 'status');
        // After the restore of an older backup, the row may lack the status. This workflow fails, and the auditor
        // starts it again from the row.
        throw ApplicationFailure.nonRetryable(
          `order ${row.id} is ${row.status}, so ${status} is not announced`,
          'StatusContradicted',
        );
      }
      const reason = row.status === status ? row.reason : null;
      await announcement.announce({ orderId: row.id, ownerId: row.userId, status, reason, ...originOf(row) });
    },
  };
}

const hasReached = ({ status, firstStatus }: PlacedOrder, announced: FinalStatus): boolean =>
  status === announced || firstStatus === announced;
