import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { EventCodec } from '../lib/events.ts';
import type { Ask, Reply } from '../lib/http-client.ts';
import type { Publisher } from '../lib/kafka.ts';
import type { UserUpdated } from '../specs/generated/preferable/events.ts';
import { profileEventId, profileWorkflowId } from '../specs/identity.ts';

/** Another role, asked over HTTP with a service token. Rejects when nothing is known of the answer. */
type Role = (ask: Ask) => Promise<Reply>;

export interface ProfilePorts {
  billing: Role;
  users: Role;
  publisher: Publisher;
  codec: EventCodec;
}

export interface ProfileVersion {
  userId: string;
  version: number;
}

/** What others have been told. It names no person: history is read by many and kept for long. */
export interface Announced {
  version: number;
  deleted: boolean;
}

export type ProfileActivities = ReturnType<typeof createProfileActivities>;

/** What follows from the change of a profile. */
export function createProfileActivities({ billing, users, publisher, codec }: ProfilePorts) {
  return {
    /** Afterwards the buyer has an account. One that was open already stays as it is. */
    async openAccount({ userId, version }: ProfileVersion): Promise<void> {
      const reply = await billing({
        method: 'PUT',
        path: `/payments/accounts/${userId}`,
        headers: { 'x-correlation-id': profileWorkflowId(userId, version) },
        signal: cancellationSignal(),
      });
      if (reply.status !== 200 && reply.status !== 201) throw unknown('billing', reply);
    },

    /**
     * Afterwards the last message about this profile says what the profile is, or a later change is about to say it. The workflows
     * of two changes run side by side, and a compacted topic keeps what came last: so each of them looks again after it has
     * published, and corrects itself if the profile was changed in between.
     */
    async announceProfile(change: ProfileVersion): Promise<Announced> {
      let announced: Announced | undefined;
      for (;;) {
        const profile = await readProfile(users, change);
        const current = { version: profile?.version ?? change.version, deleted: !profile };
        if (announced?.version === current.version && announced.deleted === current.deleted) return announced;
        await publisher.publish(codec.encode(userUpdated(change, current.version, profile)));
        announced = current;
      }
    },
  };
}

/** The profile, or null for one that is certainly not there. */
async function readProfile(users: Role, { userId, version }: ProfileVersion): Promise<UserUpdated> {
  const reply = await users({
    method: 'GET',
    path: `/users/${userId}`,
    headers: { 'x-correlation-id': profileWorkflowId(userId, version) },
    signal: cancellationSignal(),
  });
  if (reply.status === 200) return toEvent(reply.body as NonNullable<UserUpdated>);
  // Any other 404 comes from an address that is wrong, and must not delete a profile elsewhere.
  if (reply.status === 404 && problemOf(reply) === '/problems/no-such-user') return null;
  throw unknown('users', reply);
}

const toEvent = ({ userId, firstName, lastName, email, phone, version }: NonNullable<UserUpdated>): UserUpdated => ({
  userId,
  firstName,
  lastName,
  email,
  phone,
  version,
});

const userUpdated = (change: ProfileVersion, version: number, payload: UserUpdated) => ({
  id: profileEventId(change.userId, version),
  type: 'UserUpdated',
  topic: 'user-service.UserUpdated',
  key: change.userId,
  payload,
  correlationId: profileWorkflowId(change.userId, change.version),
  // A deletion has no payload that could say its version.
  extra: { profileVersion: String(version) },
});

const problemOf = ({ body }: Reply): string | undefined => (body as { type?: string } | undefined)?.type;

/** No answer that counts. Without its body, which may be personal. */
const unknown = (role: string, reply: Reply): Error =>
  ApplicationFailure.retryable(`${role} answered ${reply.status} ${problemOf(reply) ?? ''}`.trim(), 'UnknownAnswer');
