import { readConfig, type Env } from '../../../lib/config.ts';
import { temporalReaders, toAddress, createTemporal } from '../../../lib/temporal/client.ts';
import { registerMissing, type OperatorConnection } from '../../../lib/temporal/search-attributes.ts';
import { searchAttributes } from '../../../specs/temporal.ts';
import { SetupError } from '../../setup-error.ts';

/** As the Temporal CLI takes them: `OrderStatus=Keyword`. All are keywords. */
export const searchAttributeFlags = Object.values(searchAttributes).map(({ name }) => `${name}=Keyword`);

const CALL_WITHIN_MS = 10_000;

/** Registers missing search attributes and returns their names. */
export async function registerSearchAttributes(env: Env): Promise<string[]> {
  const address = toAddress(readConfig(env, temporalReaders));
  const { client, close } = createTemporal(address);
  const { namespace } = address;
  const connection = client.connection as unknown as OperatorConnection;
  try {
    return await connection.withDeadline(Date.now() + CALL_WITHIN_MS, () => registerMissing(connection, namespace));
  } catch (cause) {
    throw new SetupError(
      `Registering search attributes with Temporal at ${address.address} failed: ${(cause as Error).message}\n` +
        `Orders cannot be searched without them. Register them there yourself: ${searchAttributeFlags.join(', ')}.`,
      { cause },
    );
  } finally {
    await close();
  }
}
