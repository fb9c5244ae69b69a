const PARENT_LOOK_MS = 1000;
/** One Ctrl-C arrives twice: from the terminal, and once more through npm. */
const SAME_KEYSTROKE_MS = 500;

/** Aborted when the user, or the system, wants everything to end. The second time they are not made to wait any longer. */
export function interruption(env: NodeJS.ProcessEnv): AbortSignal {
  const interrupted = new AbortController();
  let firstAt = 0;
  const interrupt = () => {
    if (!interrupted.signal.aborted) {
      firstAt = Date.now();
      interrupted.abort();
    } else if (Date.now() - firstAt > SAME_KEYSTROKE_MS) {
      process.stdout.write('Not waiting. What still runs ends by itself within 10 s.\n');
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // It goes after a signal as well, and that is no second one.
  if (env['npm_lifecycle_event']) watchParent(() => interrupted.signal.aborted || interrupt());
  return interrupted.signal;
}

/** A killed npm tells us nothing, and some shells between it and us do not hand its signals on. */
function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_LOOK_MS);
  timer.unref();
}
