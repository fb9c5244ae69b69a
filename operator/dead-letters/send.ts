import { createTransport } from '../../lib/kafka/transport.ts';
import { createLog } from '../../lib/log.ts';
import type { CommandResult } from '../command.ts';
import type { Cluster, DeadLetterMessage } from './letters.ts';
import { formatPosition } from './place.ts';

/** Sends the original message again, unchanged. Consumers that have already processed it drop it by its event id. */
export async function send(kafka: Cluster, letter: DeadLetterMessage): Promise<CommandResult> {
  const { origin, fault } = letter;
  if (!origin)
    return {
      text: `${formatPosition(letter)} has no dead-letter headers, so its original topic is unknown. Nothing was sent.`,
      exitCode: 1,
    };
  const { original } = origin;
  const transport = createTransport({
    ...kafka,
    clientId: 'dead-letters',
    log: createLog('silent'),
  });
  const publisher = transport.createPublisher();
  try {
    await publisher.publish(original);
  } finally {
    await publisher.close();
    await transport.close();
  }
  const bytes = original.value?.length ?? 0;
  const warning =
    fault === undefined
      ? ''
      : `\nThis release cannot process it and will move it to the dead-letter topic again: ${fault}`;
  return {
    text: `${formatPosition(letter)} was sent to ${original.topic} again, unchanged (${bytes} bytes).${warning}`,
    exitCode: 0,
  };
}
