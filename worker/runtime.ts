import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Log } from '../lib/log.ts';

/** Makes Temporal's runtime use `log` and ignore signals. */
export function installRuntime(log: Log): void {
  Runtime.install({
    shutdownSignals: [],
    // Forwards the log of Temporal's core to `logger`. Otherwise the core would log lines that are not JSON.
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      log[level === 'ERROR' ? 'error' : 'warn']({ temporal: meta }, message),
    ),
  });
}
