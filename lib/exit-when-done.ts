/** Node's exit code for a top-level await that never settles. */
const UNSETTLED_AWAIT = 13;

/** Exits once the event loop is empty, because Node's own teardown sometimes hangs forever (nodejs/node#47748). */
export function exitWhenDone(): void {
  process.once('beforeExit', () => process.exit(process.exitCode ?? UNSETTLED_AWAIT));
}
