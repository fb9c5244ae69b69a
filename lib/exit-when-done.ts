/** Node's own, for a program that still waits for something when nothing is left that could bring it. */
const UNSETTLED = 13;

/**
 * Ends the process, with the `process.exitCode` that it has by then, as soon as nothing is left to be done. Left to itself Node takes down
 * what it still has first, and now and then waits in that without end for what has ended already (nodejs/node#47748).
 */
export function exitWhenDone(): void {
  process.once('beforeExit', () => process.exit(process.exitCode ?? UNSETTLED));
}
