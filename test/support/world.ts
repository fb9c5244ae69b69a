import { randomUUID } from 'node:crypto';
import { createActivities, type Activities } from '../../activities/index.ts';
import { createEventCodec } from '../../lib/events.ts';
import type { Message } from '../../lib/kafka.ts';
import asyncapi from '../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { chargeKey } from '../../specs/identity.ts';
import type { OrderInput } from '../../workflows/order.ts';
import { createBilling, type EarlyAnswer } from './billing.ts';

export type Step = 'chargeOrder' | 'cancelCharge' | 'settleOrder' | 'cancelOrder' | 'announceOrder';

export interface WorldOptions {
  balance?: number;
  charge?: OrderInput['charge'];
  deadlineS?: number;
  /** This step takes effect and its answer is lost, so many times. */
  loseAnswerOf?: { step: Step; times: number };
  /** Billing never answers a charge; whether it takes effect all the same. */
  silentCharge?: { takesEffect: boolean };
  /** Billing's answers before its real ones, by status, or with a body. */
  billingAnswersFirst?: readonly EarlyAnswer[];
  /** Billing waits up to this long, by chance, before and after each effect. */
  hesitateMs?: number;
}

const PRICE = 30;

/** The far side of every port of one order's activities: a billing that keeps its rules, one row, one topic. The activities are the real ones. */
export function createWorld(options: WorldOptions = {}) {
  const { balance = 100, charge = 'local', deadlineS = 86_400, loseAnswerOf } = options;
  const orderId = randomUUID();
  const row = {
    id: orderId,
    status: 'IN_PROGRESS',
    firstStatus: null as string | null,
    reason: null as string | null,
    cancelCause: null as string | null,
  };
  const messages: Message[] = [];
  const { silentCharge, billingAnswersFirst: answersFirst, hesitateMs } = options;
  const billing = createBilling({
    balance,
    price: PRICE,
    key: chargeKey(orderId),
    silentCharge,
    answersFirst,
    hesitateMs,
  });

  const activities = createActivities({
    billing: billing.client,
    users: billing.client,
    orders: rowStore(row),
    publisher: { publish: async (message) => void messages.push(message), close: async () => {} },
    codec: createEventCodec(asyncapi),
  });

  return {
    orderId,
    row,
    account: billing.account,
    messages,
    input: {
      orderId,
      ownerId: randomUUID(),
      price: PRICE,
      correlationId: 'test',
      chargeKey: chargeKey(orderId),
      charge,
      deadlineS,
    } satisfies OrderInput,
    activities: loseAnswerOf ? losing(activities, loseAnswerOf.step, loseAnswerOf.times) : activities,
    /** The same world, from now on without a fault in the activities. */
    keepingPromises: () => activities,
    /** The same world, from now on with this fault. */
    losing: (step: Step, times: number) => losing(activities, step, times),
    billingSpeaks: billing.speak,
    /** The distinct events that were announced: what a consumer that drops repeats would keep. */
    get announced() {
      return [...new Map(messages.map(({ headers }) => [headers['eventId'], headers['eventType']])).values()];
    },
  };
}

export type World = ReturnType<typeof createWorld>;

function rowStore(row: {
  id: string;
  status: string;
  firstStatus: string | null;
  reason: string | null;
  cancelCause: string | null;
}) {
  return {
    find: async () => ({ ...row }),
    async settle(_id: string, status: string, reason: string | null) {
      if (row.status === 'IN_PROGRESS') Object.assign(row, { status, firstStatus: status, reason });
      return { ...row };
    },
    async cancel(_id: string, reason: string | null) {
      if (row.status === 'IN_PROGRESS' || row.status === 'SUCCESS')
        Object.assign(row, { status: 'CANCELLED', firstStatus: row.firstStatus ?? 'CANCELLED', reason });
      return { ...row };
    },
  };
}

/** The activities, one of which does what it should and then fails, as if the process had died before it could say so. */
function losing(activities: Activities, step: Step, times: number): Activities {
  let left = times;
  const act = activities[step] as (input: never) => Promise<unknown>;
  const lossy = async (input: never) => {
    const answer = await act(input);
    if (left-- > 0) throw new Error(`the answer of ${step} was lost`);
    return answer;
  };
  return { ...activities, [step]: lossy };
}

/** The activities of several worlds, for one worker: each goes to the world of its order. */
export function activitiesOf(worlds: readonly World[]): Activities {
  const byOrder = new Map<string, Record<string, (input: unknown) => unknown>>(
    worlds.map((world) => [world.orderId, world.activities as never]),
  );
  const dispatching = (name: string) => (input: { orderId: string }) => byOrder.get(input.orderId)![name]!(input);
  return Object.fromEntries(
    Object.keys(worlds[0]!.activities).map((name) => [name, dispatching(name)]),
  ) as unknown as Activities;
}
