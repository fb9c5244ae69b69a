import { randomUUID } from 'node:crypto';
import { createProfileActivities } from '../../../activities/profile.ts';
import type { OutgoingRequest, Reply } from '../../../lib/http/client.ts';
import { createEventCodec } from '../../../lib/kafka/events.ts';
import type { Message } from '../../../lib/kafka/message.ts';
import asyncapi from '../../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { ada } from '../shop/users.ts';

export interface ProfileWorldOptions {
  version?: number;
  /** The statuses of the first answers, before the real answers. */
  billingAnswersFirst?: number[];
  usersAnswersFirst?: number[];
  /** How many messages are published first without an acknowledgement. */
  publishingFailsFirst?: number;
}

/** The real profile activities with fakes behind their ports. */
export function createProfileWorld({
  version = 1,
  billingAnswersFirst = [],
  usersAnswersFirst = [],
  publishingFailsFirst = 0,
}: ProfileWorldOptions = {}) {
  const userId = randomUUID();
  let failures = publishingFailsFirst;
  const world = {
    userId,
    profile: { userId, ...ada, version } as ({ userId: string; version: number } & typeof ada) | undefined,
    /** The version of the deleted profile, if the users service still knows it. */
    deletedVersion: undefined as number | undefined,
    /** Correlation ids and traces of the activities' requests. */
    origins: [] as Array<string | undefined>[],
    opened: [] as string[],
    messages: [] as Message[],
    beforePublishing: (): unknown => undefined,
  };

  const billing = async ({ method, path, headers = {} }: OutgoingRequest): Promise<Reply> => {
    world.origins.push([headers['x-correlation-id'], headers['traceparent']]);
    const early = billingAnswersFirst.shift();
    if (early) return reply(early);
    const [, id] = /^\/payments\/accounts\/(.+)$/.exec(path) ?? [];
    if (method !== 'PUT' || !id) return reply(404);
    world.opened.push(id);
    return reply(world.opened.length === 1 ? 201 : 200);
  };
  const users = async ({ method, path, headers = {}, signal }: OutgoingRequest): Promise<Reply> => {
    signal?.throwIfAborted();
    world.origins.push([headers['x-correlation-id'], headers['traceparent']]);
    const early = usersAnswersFirst.shift();
    if (early) return reply(early);
    if (method !== 'GET' || path !== `/users/${userId}`) return reply(404);
    return world.profile
      ? reply(200, world.profile)
      : reply(404, { type: '/problems/no-such-user', version: world.deletedVersion });
  };
  const publish = async (message: Message): Promise<void> => {
    world.beforePublishing();
    world.messages.push(message);
    if (failures-- > 0) throw new Error("the broker's acknowledgement was lost");
  };

  const codec = createEventCodec(asyncapi);
  return Object.assign(world, {
    activities: createProfileActivities({ billing, users, publisher: { publish, close: async () => {} }, codec }),
  });
}

const reply = (status: number, body: { type?: string; [name: string]: unknown } = {}): Reply => ({
  status,
  body,
  problem: body.type?.replace('/problems/', ''),
  header: () => undefined,
});
