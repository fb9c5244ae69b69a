import { randomUUID } from 'node:crypto';
import { createProfileActivities } from '../../activities/profile.ts';
import { createEventCodec } from '../../lib/events.ts';
import type { Ask, Reply } from '../../lib/http-client.ts';
import type { Message } from '../../lib/kafka.ts';
import asyncapi from '../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { ada } from './users.ts';

export interface ProfileWorldOptions {
  version?: number;
  /** Answers that come before the real ones, by status. */
  billingAnswersFirst?: number[];
  usersAnswersFirst?: number[];
  /** How often the broker takes a message and its answer is lost. */
  publishingFailsFirst?: number;
}

/** The far side of every port of a profile's activities: one user, their profile, one topic. The activities are the real ones. */
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
    /** Which version the deletion was, where that is known. */
    goneAt: undefined as number | undefined,
    /** What ties the requests that were made to the one that they follow from. */
    origins: [] as Array<string | undefined>[],
    opened: [] as string[],
    messages: [] as Message[],
    beforePublishing: (): unknown => undefined,
  };

  const billing = async ({ method, path, headers = {} }: Ask): Promise<Reply> => {
    world.origins.push([headers['x-correlation-id'], headers['traceparent']]);
    const early = billingAnswersFirst.shift();
    if (early) return reply(early);
    const [, id] = /^\/payments\/accounts\/(.+)$/.exec(path) ?? [];
    if (method !== 'PUT' || !id) return reply(404);
    world.opened.push(id);
    return reply(world.opened.length === 1 ? 201 : 200);
  };
  const users = async ({ method, path, headers = {}, signal }: Ask): Promise<Reply> => {
    signal?.throwIfAborted();
    world.origins.push([headers['x-correlation-id'], headers['traceparent']]);
    const early = usersAnswersFirst.shift();
    if (early) return reply(early);
    if (method !== 'GET' || path !== `/users/${userId}`) return reply(404);
    return world.profile
      ? reply(200, world.profile)
      : reply(404, { type: '/problems/no-such-user', version: world.goneAt });
  };
  const publish = async (message: Message): Promise<void> => {
    world.beforePublishing();
    world.messages.push(message);
    if (failures-- > 0) throw new Error('the answer of the broker was lost');
  };

  const codec = createEventCodec(asyncapi);
  return Object.assign(world, {
    activities: createProfileActivities({ billing, users, publisher: { publish, close: async () => {} }, codec }),
  });
}

const reply = (status: number, body: unknown = {}): Reply => ({ status, body, header: () => undefined });
