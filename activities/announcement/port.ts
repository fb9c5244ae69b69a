import type { AnnouncementRequest } from '../../specs/temporal.ts';

/** How others learn of an order's final status. */
export interface Announcement {
  /** Resolves once the announcement cannot be lost. Repeats are recognisable, so that receivers drop them. */
  announce(order: AnnouncementRequest): Promise<void>;
}
