const PARENT_LOOK_MS = 1000;
/** One Ctrl-C arrives twice: from the terminal and from npm. */
const SAME_KEYSTROKE_MS = 500;

/** Aborts at the first SIGINT, SIGTERM or SIGHUP, or when npm dies. A second such signal ends the process at once. */
export function interruption(env: NodeJS.ProcessEnv): AbortSignal {
  const interrupted = new AbortController();
  let firstAt = 0;
  const interrupt = () => {
    if (!interrupted.signal.aborted) {
      firstAt = Date.now();
      interrupted.abort();
    } else if (Date.now() - firstAt > SAME_KEYSTROKE_MS) {
      process.stdout.write('Exiting now. Servers that are still running stop within 10 s.\n');
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // npm exits too after a signal. Its exit must not count as a second signal.
  if (env['npm_lifecycle_event']) watchParent(() => interrupted.signal.aborted || interrupt());
  return interrupted.signal;
}

/** A killed npm sends no signal, and some shells in between do not pass signals on. */
function watchParent(onExit: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onExit();
  }, PARENT_LOOK_MS);
  timer.unref();
}
