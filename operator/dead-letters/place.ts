import { UsageError } from '../command.ts';

export interface Position {
  topic: string;
  partition: number;
  offset: string;
}

/** As shown in the list and the operator journal. */
export const formatPosition = ({ topic, partition, offset }: Position): string => `${topic}/${partition}/${offset}`;

/** Throws unless the position is in one of these topics. */
export function parsePosition(arg: string | undefined, topics: readonly string[]): Position {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,9})\/(\d{1,18})$/.exec(arg ?? '') ?? [];
  if (!topic || !partition || !offset)
    throw new UsageError(
      `"${arg ?? ''}" is not the position of a dead letter. Give <topic>/<partition>/<offset>, as shown in the list.`,
    );
  if (!topics.includes(topic))
    throw new UsageError(
      `${topic} is not a dead-letter topic. The dead-letter topics are:\n${topics.map((each) => `  ${each}`).join('\n')}`,
    );
  return { topic, partition: Number(partition), offset: String(BigInt(offset)) };
}
