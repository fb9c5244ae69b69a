import { readConfig, type Env } from '../../lib/config.ts';
import { createTransport } from '../../lib/kafka.ts';
import { createLog } from '../../lib/log.ts';
import type { Told } from '../command.ts';
import { kafkaReaders } from '../role.ts';
import type { Letter } from './letters.ts';
import { placeName } from './place.ts';

/** Sends the message that was set aside again, as it was: its bytes, key and headers, to its topic. Whoever had handled it already drops it by its event id. */
export async function send(env: Env, letter: Letter): Promise<Told> {
  const { setAside, fault } = letter;
  if (!setAside)
    return {
      text: `${placeName(letter)} does not say where it came from: nobody has set it aside. Nothing was sent.`,
      exitCode: 1,
    };
  const { original } = setAside;
  const transport = createTransport({
    ...readConfig(env, kafkaReaders),
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
  const warning =
    fault === undefined ? '' : `\nThis release cannot handle it either, and will set it aside again: ${fault}`;
  return {
    text: `${placeName(letter)} was sent to ${original.topic} again, ${original.value?.length ?? 0} bytes as they were.${warning}`,
    exitCode: 0,
  };
}
