import { randomUUID } from 'node:crypto';
import { createAnnouncementByEvent } from '../../../activities/announcement/by-event.ts';
import { createActivities } from '../../../activities/index.ts';
import type { Orders } from '../../../activities/orders.ts';
import type { PlacedOrder } from '../../../activities/placed-order.ts';
import { createPaymentByCall } from '../../../activities/payment/by-call.ts';
import { createEventCodec } from '../../../lib/kafka/events.ts';
import type { Message } from '../../../lib/kafka/message.ts';
import asyncapi from '../../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { chargeKey } from '../../../specs/identity.ts';
import {
  IN_PROGRESS,
  type FinalStatus,
  type OrderStatus,
  type RequestedCause,
  type Activities,
  type OrderInput,
  type OrderReason,
} from '../../../specs/temporal.ts';
import type { Step } from '../../../workflows/step-table.ts';
import { createBilling, type EarlyAnswer } from './billing.ts';

export interface WorldOptions {
  balance?: number;
  charge?: OrderInput['charge'];
  deadlineS?: number;
  /** Age of the row. By default, the row's deadline has passed, so only the workflow's own deadline matters. */
  ageS?: number;
  /** The step takes effect, but its answer is lost. */
  loseAnswerOf?: { step: Step; times: number };
  /** Billing never answers a charge. */
  silentCharge?: { takesEffect: boolean };
  /** Answers before the real ones. */
  billingAnswersFirst?: readonly EarlyAnswer[];
  /** Maximum random delay before and after each effect. */
  maxDelayMs?: number;
}

const PRICE = 30;

/** One order's real activities with fakes behind their ports. */
export function createWorld(options: WorldOptions = {}) {
  const { balance = 100, charge = 'local', deadlineS = 86_400, ageS = deadlineS, loseAnswerOf } = options;
  const orderId = randomUUID();
  const row = {
    id: orderId,
    userId: randomUUID() as string,
    price: PRICE,
    createdAt: new Date(Date.now() - ageS * 1000).toISOString(),
    correlationId: 'test',
    traceparent: null,
    status: IN_PROGRESS as OrderStatus,
    firstStatus: null as FinalStatus | null,
    reason: null as OrderReason | null,
    cancelCause: null as RequestedCause | null,
  };
  /** False if the row is missing, as after the restore of an older backup. */
  const state = { hasRow: true };
  const messages: Message[] = [];
  const { silentCharge, billingAnswersFirst: answersFirst, maxDelayMs } = options;
  const billing = createBilling({
    balance,
    price: PRICE,
    key: chargeKey(orderId),
    silentCharge,
    answersFirst,
    maxDelayMs,
  });

  const publisher = { publish: async (message: Message) => void messages.push(message), close: async () => {} };
  const codec = createEventCodec(asyncapi);
  const activities = createActivities({
    payment: createPaymentByCall(billing.client),
    announcement: createAnnouncementByEvent({ publisher, codec }),
    billing: billing.client,
    users: billing.client,
    orders: rowStore(row, state),
    orderDeadlineS: deadlineS,
    publisher,
    codec,
  });

  return {
    orderId,
    row,
    /** Deletes the row, as the restore of an older backup does. The returned function brings it back. */
    loseRow() {
      state.hasRow = false;
      return () => void (state.hasRow = true);
    },
    account: billing.account,
    chargedTo: billing.owners,
    messages,
    input: {
      orderId,
      ownerId: row.userId,
      price: PRICE,
      correlationId: row.correlationId,
      chargeKey: chargeKey(orderId),
      charge,
      deadlineS,
    } satisfies OrderInput,
    activities: loseAnswerOf ? losingAnswers(activities, loseAnswerOf.step, loseAnswerOf.times) : activities,
    /** Activities of this world without the fault. */
    withoutFaults: () => activities,
    losingAnswers: (step: Step, times: number) => losingAnswers(activities, step, times),
    billingRecovers: billing.startAnswering,
    /** Published event types, without repeats. */
    get announced() {
      return [...new Map(messages.map(({ headers }) => [headers['eventId'], headers['eventType']])).values()];
    },
  };
}

export type World = ReturnType<typeof createWorld>;

function rowStore(row: PlacedOrder, state: { hasRow: boolean }): Orders {
  const read = () => (state.hasRow ? { ...row } : undefined);
  return {
    find: async () => read(),
    async settle(_id, status, reason) {
      if (state.hasRow && row.status === 'IN_PROGRESS') Object.assign(row, { status, firstStatus: status, reason });
      return read();
    },
    async cancel(_id, reason) {
      if (state.hasRow && (row.status === 'IN_PROGRESS' || row.status === 'SUCCESS'))
        Object.assign(row, { status: 'CANCELLED', firstStatus: row.firstStatus ?? 'CANCELLED', reason });
      return read();
    },
  };
}

/** The activity takes effect and fails, as if its process had crashed before it reported the result. */
export function losingAnswers(activities: Activities, step: Step, times: number): Activities {
  let left = times;
  const act = activities[step] as (input: never) => Promise<unknown>;
  const lossy = async (input: never) => {
    const answer = await act(input);
    if (left-- > 0) throw new Error(`the answer of ${step} was lost`);
    return answer;
  };
  return { ...activities, [step]: lossy };
}

/** For one worker with several worlds: each call goes to the world of its order. */
export function activitiesOf(worlds: readonly World[]): Activities {
  const byOrder = new Map<string, Record<string, (input: unknown) => unknown>>(
    worlds.map((world) => [world.orderId, world.activities as never]),
  );
  const dispatching = (name: string) => (input: { orderId: string }) => byOrder.get(input.orderId)![name]!(input);
  return Object.fromEntries(
    Object.keys(worlds[0]!.activities).map((name) => [name, dispatching(name)]),
  ) as unknown as Activities;
}
