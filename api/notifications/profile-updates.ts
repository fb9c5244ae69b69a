import { withDeadLetters } from '../../lib/kafka/dead-letters.ts';
import type { Received } from '../../lib/kafka/message.ts';
import type { TopicsConsumption } from '../../lib/kafka/topic-readers.ts';
import type { UserUpdated } from '../../specs/generated/preferable/events.ts';
import { GROUP_ID, type ConsumerPorts } from './consumer.ts';
import type { NotificationStore } from './store.ts';

const TOPIC = 'user-service.UserUpdated';

export interface ProfileUpdatesPorts extends Omit<ConsumerPorts, 'store' | 'onRecorded'> {
  store: Pick<NotificationStore, 'profileChanged'>;
  /** An awaited profile has changed, so its look-up is due. */
  onAwaited(): void;
}

/**
 * Makes the look-up of an awaited profile due when the profile changes. Then the address is read from the users
 * service, so it is stored nowhere else. Without these events, mails would wait for the next look-up.
 */
export function consumeProfileUpdates({
  transport,
  publisher,
  codec,
  store,
  onAwaited,
  log,
  groupId = GROUP_ID,
}: ProfileUpdatesPorts): TopicsConsumption {
  const handle = async (message: Received): Promise<void> => {
    // Null if the profile was deleted.
    const profile = codec.decode(message).payload as UserUpdated;
    if (profile && (await store.profileChanged(profile.userId))) onAwaited();
  };
  return transport.consume({ groupId, topics: [TOPIC], handle: withDeadLetters({ publisher, log, handle }) });
}
