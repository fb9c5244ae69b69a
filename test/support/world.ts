import { randomUUID } from 'node:crypto';
import { createActivities, type Activities } from '../../activities/index.ts';
import type { HttpClient, Reply } from '../../lib/http-client.ts';
import { createEventCodec, type EventDocument } from '../../lib/events.ts';
import type { Message } from '../../lib/kafka.ts';
import asyncapi from '../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { chargeKey } from '../../specs/identity.ts';
import type { OrderInput } from '../../workflows/order.ts';

export type Step = 'chargeOrder' | 'cancelCharge' | 'settleOrder' | 'announceOrder';

export interface WorldOptions {
  balance?: number;
  charge?: OrderInput['charge'];
  deadlineS?: number;
  /** This step takes effect and its answer is lost, so many times. */
  loseAnswerOf?: { step: Step; times: number };
  /** Billing never answers a charge; whether it takes effect all the same. */
  silentCharge?: { takesEffect: boolean };
  /** Billing's answers before its real one, by status. */
  billingAnswersFirst?: readonly number[];
}

/** The far side of every port of one order's activities: a billing that keeps its rules, one row, one topic. The activities are the real ones. */
export function createWorld(options: WorldOptions = {}) {
  const { balance = 100, charge = 'local', deadlineS = 86_400 } = options;
  const orderId = randomUUID();
  const ownerId = randomUUID();
  const price = 30;
  const row = { id: orderId, status: 'IN_PROGRESS', reason: null as string | null };
  const account = { balance, charges: 0, asked: 0, outcome: undefined as { outcome: string; cause?: string } | undefined };
  const messages: Message[] = [];
  const firstAnswers = [...(options.billingAnswersFirst ?? [])];

  const withdraw = (key: string, amount: number): Reply => {
    account.asked++;
    const early = firstAnswers.shift();
    if (early !== undefined) return reply(early, {});
    if (key !== chargeKey(orderId)) throw new Error("a charge under a key that is not the order's");
    if (!account.outcome) {
      const enough = account.balance >= amount;
      if (enough) account.balance -= amount;
      if (enough) account.charges++;
      account.outcome = { outcome: enough ? 'CHARGED' : 'DECLINED' };
    }
    const { outcome, cause } = account.outcome;
    if (outcome === 'CHARGED') return reply(201, { transactionId: 1, amount, balance: account.balance });
    return reply(409, outcome === 'DECLINED' ? { type: '/problems/insufficient-funds' } : { type: '/problems/charge-cancelled', cause });
  };

  const cancel = (cause: string): Reply => {
    if (account.outcome?.outcome === 'CHARGED') {
      account.balance += price;
      account.outcome = { outcome: 'REFUNDED', cause };
    }
    account.outcome ??= { outcome: 'CANCELLED', cause };
    return reply(200, account.outcome);
  };

  const billing: HttpClient = Object.assign(
    async ({ path, headers, body }: Parameters<HttpClient>[0]): Promise<Reply> => {
      if (path.endsWith('/cancellation')) return cancel((body as { cause: string }).cause);
      const answer = () => withdraw(headers?.['idempotency-key'] ?? '', (body as { amount: number }).amount);
      if (!options.silentCharge) return answer();
      if (options.silentCharge.takesEffect) answer();
      throw new Error('billing did not answer');
    },
    { close: async () => {} },
  );

  const activities = createActivities({
    billing,
    users: billing,
    orders: {
      async settle(_id, status, reason) {
        if (row.status === 'IN_PROGRESS') Object.assign(row, { status, reason });
        return { ...row };
      },
    },
    publisher: { publish: async (message) => void messages.push(message), close: async () => {} },
    codec: createEventCodec(asyncapi as unknown as EventDocument),
  });

  return {
    orderId,
    row,
    account,
    messages,
    input: { orderId, ownerId, price, correlationId: 'test', chargeKey: chargeKey(orderId), charge, deadlineS } satisfies OrderInput,
    activities: losing(activities, options.loseAnswerOf),
    /** The same world, from now on without a fault in the activities. */
    keepingPromises: () => activities,
    /** The distinct events that were announced: what a consumer that drops repeats would keep. */
    get announced() {
      return [...new Map(messages.map(({ headers }) => [headers['eventId'], headers['eventType']])).values()];
    },
  };
}

export type World = ReturnType<typeof createWorld>;

function reply(status: number, body: unknown): Reply {
  return { status, body, header: () => undefined };
}

/** The activities, one of which does what it should and then fails, as if the process had died before it could say so. */
function losing(activities: Activities, loss: WorldOptions['loseAnswerOf']): Activities {
  if (!loss) return activities;
  let left = loss.times;
  const act = activities[loss.step] as (input: never) => Promise<unknown>;
  const lossy = async (input: never) => {
    const answer = await act(input);
    if (left-- > 0) throw new Error(`the answer of ${loss.step} was lost`);
    return answer;
  };
  return { ...activities, [loss.step]: lossy };
}
