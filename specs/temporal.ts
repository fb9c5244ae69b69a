/**
 * The Temporal boundary: every name, input and result that is recorded in workflow histories or used to find workflows.
 * Open orders depend on all of them, so change them as CONTRIBUTING.md describes. This module imports nothing, because
 * workflows may import its values.
 */

export const DEFAULT_TASK_QUEUE = 'orders';

export const workflowTypes = { order: 'order', cancellation: 'cancellation', profile: 'profile' } as const;

/** One workflow per order. */
export const orderWorkflowId = (orderId: string): string => `order-${orderId.toLowerCase()}`;

/** One cancellation per order. */
export const cancelWorkflowId = (orderId: string): string => `cancel-${orderId.toLowerCase()}`;

/** One workflow per profile change. */
export const profileWorkflowId = (userId: string, version: number): string =>
  `profile-${userId.toLowerCase()}-${version}`;

/**
 * Name of the Temporal update that the order and cancellation workflows accept. It returns the outcome as soon as the
 * order is settled.
 */
export const OUTCOME_UPDATE = 'outcome';

/** Operators find orders by these attributes in the Web UI. The attributes must never hold personal data. */
export const searchAttributes = {
  status: { name: 'OrderStatus', type: 'KEYWORD' },
  owner: { name: 'OrderOwner', type: 'KEYWORD' },
  /** The step at which the order is stuck, if it is. */
  stuck: { name: 'OrderStuck', type: 'KEYWORD' },
} as const;

export const IN_PROGRESS = 'IN_PROGRESS';
export const finalStatuses = ['SUCCESS', 'FAILED', 'CANCELLED'] as const;
export type FinalStatus = (typeof finalStatuses)[number];
export type OrderStatus = typeof IN_PROGRESS | FinalStatus;

/** Why a charge was cancelled. */
export const cancelCauses = ['buyer', 'operator', 'deadline'] as const;
export type CancelCause = (typeof cancelCauses)[number];
/** Who may request a cancellation. */
export type RequestedCause = Exclude<CancelCause, 'deadline'>;

/** Links requests and events to the request that caused them. */
export interface Origin {
  correlationId: string;
  traceparent?: string;
}

/** Contains no personal data: many people can read a history, and it is kept for a long time. */
export interface OrderInput extends Origin {
  orderId: string;
  ownerId: string;
  /** In whole minor units. */
  price: number;
  /** For display only: activities derive the key from the order id. */
  chargeKey: string;
  /** With `local`, the steps `chargeOrder` and `settleOrder` are first tried as local activities. */
  charge: 'local' | 'regular';
  /** After this time an undecided charge is cancelled. */
  deadlineS: number;
}

export interface CancellationInput extends OrderInput {
  cause: RequestedCause;
}

/** Why an order did not succeed. */
export const orderReasons = ['insufficient-funds', ...cancelCauses] as const;
export type OrderReason = (typeof orderReasons)[number];

export interface Decision {
  status: FinalStatus;
  reason: OrderReason | null;
}

export interface SettledOrder extends Decision {
  orderId: string;
}

/** A change of a profile. A change that no request caused has no origin. */
export interface ProfileVersion extends Partial<Origin> {
  userId: string;
  version: number;
}

/** A definite answer from billing. */
export type ChargeOutcome =
  { outcome: 'CHARGED' } | { outcome: 'DECLINED' } | { outcome: 'CANCELLED' | 'REFUNDED'; cause: CancelCause };

export interface ChargeRequest extends Origin {
  orderId: string;
  ownerId: string;
  /** In whole minor units. */
  price: number;
}

export interface CancelChargeRequest extends Origin {
  orderId: string;
  ownerId: string;
  cause: CancelCause;
}

export interface AnnouncementRequest extends SettledOrder, Origin {
  ownerId: string;
}

/** The activities of an order. Each may run more than once. */
export interface OrderActivities {
  chargeOrder(request: ChargeRequest): Promise<ChargeOutcome>;
  cancelCharge(request: CancelChargeRequest): Promise<ChargeOutcome>;
  settleOrder(request: SettledOrder): Promise<SettledOrder>;
  cancelOrder(request: Omit<SettledOrder, 'status'>): Promise<SettledOrder>;
  announceOrder(request: AnnouncementRequest): Promise<void>;
}

/** The activities of a profile change. Each may run more than once. */
export interface ProfileActivities {
  openAccount(change: ProfileVersion): Promise<void>;
  /** Returns the version that was published. The result contains no personal data. */
  announceProfile(change: ProfileVersion): Promise<{ version: number; deleted: boolean }>;
}

export type Activities = OrderActivities & ProfileActivities;
