import { timeout, TimeoutStrategy } from 'cockatiel';
import type { Kafka } from 'kafkajs';

/**
 * The consumer group that reads a topic. Each topic has its own, because kafkajs assigns every topic of a group to
 * every member: in a shared group, members that read different topics would leave partitions unread, and each failure
 * of one topic would interrupt the others.
 */
export const groupOfTopic = (groupId: string, topic: string): string => `${groupId}.${topic}`;

/** States of a group without members. */
const UNUSED = ['Empty', 'Dead'];
const bounded = timeout(10_000, TimeoutStrategy.Aggressive);

/**
 * Earlier releases read all topics in one group, `from`. Copies that group's offsets of this topic to the topic's own
 * group, except for partitions of which that group already has an offset. Does nothing while the topic's group has members: the first of them
 * has copied the offsets. If two replicas copy them at once, messages may be handled again, which is harmless.
 */
export async function adoptOffsets(
  kafka: Kafka,
  { from, to, topic }: { from: string; to: string; topic: string },
): Promise<void> {
  // Not shared: a client keeps asking for the metadata of topics whose offsets it has set, even after their deletion.
  const admin = kafka.admin({ retry: { retries: 3 } });
  const committed = async (groupId: string) =>
    (await admin.fetchOffsets({ groupId })).find((each) => each.topic === topic)?.partitions ?? [];
  try {
    await admin.connect();
    const [own, former] = [await committed(to), await committed(from)];
    const missing = former.filter(({ partition }) => !own.some((each) => each.partition === partition));
    if (missing.length === 0) return;
    const [group] = (await admin.describeGroups([to])).groups;
    if (!group || !UNUSED.includes(group.state)) return;
    const partitions = missing.map(({ partition, offset }) => ({ partition, offset }));
    // The client would wait for ever if the partition lost its leader meanwhile.
    await bounded.execute(() => admin.setOffsets({ groupId: to, topic, partitions }));
  } finally {
    await admin.disconnect();
  }
}
