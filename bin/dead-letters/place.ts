import { Misuse } from '../command.ts';

/** Where a dead letter is: a message of a topic of dead letters. */
export interface Place {
  topic: string;
  partition: number;
  offset: string;
}

/** As the list shows it, and as the audit table has it. */
export const placeName = ({ topic, partition, offset }: Place): string => `${topic}/${partition}/${offset}`;

/** The place that a word names, among these topics. */
export function placeOf(word: string | undefined, topics: readonly string[]): Place {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,9})\/(\d{1,18})$/.exec(word ?? '') ?? [];
  if (!topic || !partition || !offset)
    throw new Misuse(
      `"${word ?? ''}" is not the place of a dead letter: that is <topic>/<partition>/<offset>, as the list has it.`,
    );
  if (!topics.includes(topic))
    throw new Misuse(
      `${topic} is not a topic of dead letters. Those are:\n${topics.map((each) => `  ${each}`).join('\n')}`,
    );
  return { topic, partition: Number(partition), offset: String(BigInt(offset)) };
}
