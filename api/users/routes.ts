import { buyer, type Call, type Handler } from '../../lib/api.ts';
import { idParam, present } from '../../lib/exchange.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Origin, PersonalData, Profile, ProfileChange, UserStore } from './store.ts';
import type { ProfileStarter } from './workflow.ts';

export interface UsersPorts {
  store: UserStore;
  startProfile: ProfileStarter;
  log: Log;
}

/** The operations of the users service. */
export function userHandlers({ store, startProfile, log }: UsersPorts): Record<string, Handler> {
  /** The change is a row by now: what does not work here is done by the auditor, and is no reason to refuse. */
  const tell = async ({ userId, version }: ProfileChange, call: Call): Promise<void> => {
    const { correlationId } = call;
    try {
      await startProfile({ userId, version, ...originOf(call) });
      await store.markStarted({ userId, version });
    } catch (error) {
      log.warn(
        { userId, version, correlationId, err: error },
        'the workflow of a profile is not known to have been started; the auditor starts it',
      );
    }
  };

  return {
    createProfile: async (call) => {
      const userId = buyer(call);
      const profile = await store.create(userId, call.body as PersonalData, originOf(call));
      if (!profile) throw new Problem('profile-exists', 'You have a profile already. Change it with PUT');
      await tell(profile, call);
      present(call, 201, { id: userId }, { headers: { location: `/api/v1/user/${userId}` } });
    },

    readProfile: async (call) => {
      if (!isOwn(call, 'id')) throw new Problem('forbidden', 'You can read your own profile only');
      present(call, 200, toProfile(orMissing(await store.find(buyer(call)))));
    },

    updateProfile: async (call) => {
      if (!isOwn(call, 'id')) throw missing();
      const profile = orMissing(await store.update(buyer(call), call.body as PersonalData, originOf(call)));
      await tell(profile, call);
      present(call, 200, toProfile(profile));
    },

    deleteProfile: async (call) => {
      if (!isOwn(call, 'id')) throw missing();
      await tell(orMissing(await store.delete(buyer(call), originOf(call))), call);
      call.ctx.status = 204;
    },

    readUser: async (call) => {
      const userId = idParam(call, 'userId', missing());
      // Another buyer's profile and one that does not exist answer alike.
      if (call.caller?.kind === 'user' && call.caller.id !== userId) throw missing();
      const found = orMissing(await store.findOrGone(userId));
      // A service tells others of the deletion, and which version that was.
      if ('goneAt' in found) throw missing(call.caller?.kind === 'service' ? { version: found.goneAt } : {});
      present(call, 200, toUser(found));
    },
  };
}

const isOwn = (call: Call, name: string): boolean => call.params[name]?.toLowerCase() === buyer(call);

const missing = (members: { version?: number } = {}): Problem =>
  new Problem('no-such-user', 'There is no profile that you can see under this id', { members });

const originOf = ({ correlationId, traceparent }: Call): Origin => ({ correlationId, traceparent });

function orMissing<T>(found: T | undefined): T {
  if (found === undefined) throw missing();
  return found;
}

/** As its owner sees it. */
const toProfile = ({ userId, username, firstName, lastName, email, phone }: Profile) => ({
  id: userId,
  username,
  firstName,
  lastName,
  email,
  phone,
});

/** As services read it. */
const toUser = ({ userId, username, firstName, lastName, email, phone, version }: Profile) => ({
  userId,
  username,
  firstName,
  lastName,
  email,
  phone,
  version,
});
