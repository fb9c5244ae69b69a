import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { originHeaders } from '../lib/correlation.ts';
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
  /** These tie what others do and hear to the request that made the change. One that was made by no request goes by the name of its workflow. */
  correlationId?: string;
  traceparent?: string;
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
    async openAccount(change: ProfileVersion): Promise<void> {
      const reply = await billing({
        method: 'PUT',
        path: `/payments/accounts/${change.userId}`,
        headers: headersOf(change),
        signal: cancellationSignal(),
      });
      if (reply.status !== 200 && reply.status !== 201) throw unknown('billing', reply);
    },

    /**
     * Afterwards the last message about this profile says what the profile is, or a later change is about to say it. The workflows
     * of two changes run side by side, and a compacted topic keeps what came last: so each of them looks again after it has
     * published, and corrects itself if the profile was changed in between. It does so also where its time is up by then: what it
     * published may have come after what others did since.
     */
    async announceProfile(change: ProfileVersion): Promise<Announced> {
      let announced: Announced | undefined;
      for (;;) {
        const { version, profile } = await readProfile(users, change, announced ? undefined : cancellationSignal());
        const current = { version, deleted: profile === null };
        if (announced?.version === current.version && announced.deleted === current.deleted) return announced;
        await publisher.publish(codec.encode(userUpdated(change, version, profile)));
        announced = current;
      }
    },
  };
}

/** The profile and its version, or null for one that is certainly not there, and the version at which it was deleted. */
async function readProfile(
  users: Role,
  change: ProfileVersion,
  signal?: AbortSignal,
): Promise<{ version: number; profile: UserUpdated }> {
  const reply = await users({
    method: 'GET',
    path: `/users/${change.userId}`,
    headers: headersOf(change),
    ...(signal && { signal }),
  });
  if (reply.status === 200) {
    const profile = toEvent(reply.body as NonNullable<UserUpdated>);
    return { version: profile.version, profile };
  }
  // Any other 404 comes from an address that is wrong, and must not delete a profile elsewhere.
  if (reply.status === 404 && problemOf(reply) === '/problems/no-such-user')
    return { version: (reply.body as { version?: number }).version ?? change.version, profile: null };
  throw unknown('users', reply);
}

const toEvent = ({ userId, firstName, lastName, email, phone, version }: NonNullable<UserUpdated>) => ({
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
  correlationId: correlationOf(change),
  traceparent: change.traceparent,
  // A deletion has no payload that could say its version.
  extra: { profileVersion: String(version) },
});

const correlationOf = ({
  userId,
  version,
  correlationId = profileWorkflowId(userId, version),
}: ProfileVersion): string => correlationId;

const headersOf = (change: ProfileVersion) =>
  originHeaders({ correlationId: correlationOf(change), traceparent: change.traceparent });

const problemOf = ({ body }: Reply): string | undefined => (body as { type?: string } | undefined)?.type;

/** No answer that counts. Without its body, which may be personal. */
const unknown = (role: string, reply: Reply): Error =>
  ApplicationFailure.retryable(`${role} answered ${reply.status} ${problemOf(reply) ?? ''}`.trim(), 'UnknownAnswer');
