import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { OutgoingRequest, Reply } from '../lib/http/client.ts';
import { correlationHeaders } from '../lib/http/correlation.ts';
import type { EventCodec } from '../lib/kafka/events.ts';
import type { Publisher } from '../lib/kafka/message.ts';
import type { UserUpdated } from '../specs/generated/preferable/events.ts';
import { profileEventId } from '../specs/identity.ts';
import { profileWorkflowId, type ProfileActivities, type ProfileVersion } from '../specs/temporal.ts';
import { isUuid } from './uuid.ts';

/** Calls another role over HTTP. Rejects if no answer arrives. */
type RoleClient = (request: OutgoingRequest) => Promise<Reply>;

export interface ProfilePorts {
  billing: RoleClient;
  users: RoleClient;
  publisher: Publisher;
  codec: EventCodec;
}

/** The activities of a profile change. */
export function createProfileActivities({ billing, users, publisher, codec }: ProfilePorts): ProfileActivities {
  return {
    /** Opens the account of a user who has or had a profile, unless it is open. */
    async openAccount(change) {
      await readProfile(users, change, cancellationSignal());
      const reply = await billing({
        method: 'PUT',
        path: `/payments/accounts/${change.userId}`,
        headers: headersOf(change),
        signal: cancellationSignal(),
      });
      if (reply.status !== 200 && reply.status !== 201) throw unexpectedAnswer('billing', reply);
    },

    /**
     * Publishes the current profile and reads it again, until it has not changed since it was published. Workflows of
     * two changes may run concurrently, so publishing only once could leave an older version as the last message in the
     * compacted topic. For the same reason, the activity reads and publishes again even after it has timed out.
     */
    async announceProfile(change) {
      let announced: { version: number; deleted: boolean } | undefined;
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

/**
 * Returns the profile and its version. If the profile was deleted, returns null and the version of its deletion. Only the
 * users service counts, not the workflow's input: anyone who reaches Temporal can start a workflow for an invented user
 * or version. If the service knows neither a profile nor a deletion, the step is retried until it does, or until an
 * operator terminates the workflow.
 */
async function readProfile(
  users: RoleClient,
  change: ProfileVersion,
  signal?: AbortSignal,
): Promise<{ version: number; profile: UserUpdated }> {
  if (!isUuid(change.userId)) throw ApplicationFailure.nonRetryable('the workflow does not name a user', 'UserMissing');
  const reply = await users({
    method: 'GET',
    path: `/users/${change.userId}`,
    headers: headersOf(change),
    ...(signal && { signal }),
  });
  const found = (reply.body ?? {}) as NonNullable<UserUpdated>;
  // Any other 200, such as a proxy's page, says nothing about the profile.
  if (reply.status === 200 && found.userId === change.userId) {
    const profile = payloadOf(found);
    return { version: profile.version, profile };
  }
  // Any other 404 means a wrong address, not a deletion.
  if (reply.status === 404 && reply.problem === 'no-such-user') {
    const { version } = reply.body as { version?: number };
    if (version === undefined)
      throw ApplicationFailure.retryable(`user ${change.userId} never had a profile`, 'UserMissing');
    return { version, profile: null };
  }
  throw unexpectedAnswer('users', reply);
}

/** Leaves out properties that only a newer users service has. */
const payloadOf = ({ userId, firstName, lastName, email, phone, version }: NonNullable<UserUpdated>) => ({
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
  // A deletion has no payload to carry its version.
  extra: { profileVersion: String(version) },
});

const correlationOf = ({
  userId,
  version,
  correlationId = profileWorkflowId(userId, version),
}: ProfileVersion): string => correlationId;

const headersOf = (change: ProfileVersion) =>
  correlationHeaders({ correlationId: correlationOf(change), traceparent: change.traceparent });

/** Omits the body, which may contain personal data. */
const unexpectedAnswer = (role: string, { status, problem }: Reply): Error =>
  ApplicationFailure.retryable(`${role} answered ${status} ${problem ?? ''}`.trim(), 'UnknownAnswer');
