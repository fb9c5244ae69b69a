import type { AnnouncementRequest } from '../../specs/temporal.ts';

/** How others learn of an order's final status. */
export interface Announcement {
  /** Resolves once the announcement cannot be lost. Receivers recognise a repeated announcement and drop it. */
  announce(order: AnnouncementRequest): Promise<void>;
}
