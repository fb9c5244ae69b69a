import { idParam, present } from '../../lib/http/answers.ts';
import { buyer, type AnyCall, type Handlers } from '../../lib/http/api.ts';
import { Problem } from '../../lib/http/problem.ts';
import type { Log } from '../../lib/log.ts';
import type { Origin, Profile, ProfileChange, UserStore } from './store.ts';
import type { ProfileStarter } from './workflow.ts';

export interface UsersPorts {
  store: UserStore;
  startProfile: ProfileStarter;
  log: Log;
}

/** The operations of the users service. */
export function userHandlers({
  store,
  startProfile,
  log,
}: UsersPorts): Handlers<'createProfile' | 'readProfile' | 'updateProfile' | 'deleteProfile' | 'readUser'> {
  /** An error here does not fail the request: the change is stored, so the auditor will start its workflow. */
  const startWorkflow = async ({ userId, version }: ProfileChange, call: AnyCall): Promise<void> => {
    const { correlationId } = call;
    try {
      await startProfile({ userId, version, ...originOf(call) });
      await store.markStarted({ userId, version });
    } catch (error) {
      log.warn(
        { userId, version, correlationId, err: error },
        'could not confirm that the workflow of a profile change was started; the auditor will start it',
      );
    }
  };

  return {
    createProfile: async (call) => {
      const userId = buyer(call);
      const profile = await store.create(userId, call.body, originOf(call));
      if (!profile) throw new Problem('profile-exists', 'You already have a profile. Change it with PUT');
      await startWorkflow(profile, call);
      present(call, 201, { id: userId }, { headers: { location: `/api/v1/user/${userId}` } });
    },

    readProfile: async (call) => {
      if (!isOwn(call, 'id')) throw new Problem('forbidden', 'You can only read your own profile');
      present(call, 200, toProfile(orMissing(await store.find(buyer(call)))));
    },

    updateProfile: async (call) => {
      if (!isOwn(call, 'id')) throw missing();
      const profile = orMissing(await store.update(buyer(call), call.body, originOf(call)));
      await startWorkflow(profile, call);
      present(call, 200, toProfile(profile));
    },

    deleteProfile: async (call) => {
      if (!isOwn(call, 'id')) throw missing();
      await startWorkflow(orMissing(await store.delete(buyer(call), originOf(call))), call);
      call.ctx.status = 204;
    },

    readUser: async (call) => {
      const userId = idParam(call, 'userId', missing());
      // The same 404 as for a profile that does not exist.
      if (call.caller?.kind === 'user' && call.caller.id !== userId) throw missing();
      const found = orMissing(await store.findOrDeleted(userId));
      // A service needs the version of the deletion to publish it.
      if ('deletedVersion' in found)
        throw missing(call.caller?.kind === 'service' ? { version: found.deletedVersion } : {});
      present(call, 200, toUser(found));
    },
  };
}

const isOwn = (call: AnyCall, name: string): boolean => call.params[name]?.toLowerCase() === buyer(call);

const missing = (members: { version?: number } = {}): Problem =>
  new Problem('no-such-user', 'There is no profile with this id, or you may not see it', { members });

const originOf = ({ correlationId, traceparent }: AnyCall): Origin => ({ correlationId, traceparent });

function orMissing<T>(found: T | undefined): T {
  if (found === undefined) throw missing();
  return found;
}

/** The fields that the owner sees. */
const toProfile = ({ userId, username, firstName, lastName, email, phone }: Profile) => ({
  id: userId,
  username,
  firstName,
  lastName,
  email,
  phone,
});

/** The fields that services read. */
const toUser = ({ userId, username, firstName, lastName, email, phone, version }: Profile) => ({
  userId,
  username,
  firstName,
  lastName,
  email,
  phone,
  version,
});
