import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 300;
const CHUNK_BYTES = 65_536;
const LINES_MAX = 5;

/** Shows new warnings and errors in the app's log, one line each, until the signal is aborted. */
export async function followWarnings(
  logFile: string,
  show: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const log = await open(logFile, 'r');
  try {
    let position = (await log.stat()).size;
    let unfinished = '';
    while (!signal.aborted) {
      const { bytesRead, buffer } = await log.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      position += bytesRead;
      const lines = (unfinished + buffer.toString('utf8', 0, bytesRead)).split('\n');
      unfinished = lines.pop() ?? '';
      showSome(
        lines.map(summary).filter((line) => line !== undefined),
        show,
      );
      if (bytesRead < CHUNK_BYTES) await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    await log.close();
  }
}

function showSome(lines: string[], show: (line: string) => void): void {
  for (const line of lines.slice(0, LINES_MAX)) show(line);
  if (lines.length > LINES_MAX) show(`… and ${lines.length - LINES_MAX} more in the log`);
}

/** Undefined for a line below the level `warn`. A line that is not JSON comes from Node itself and is always shown. */
function summary(line: string): string | undefined {
  if (!line.startsWith('{')) return line.trim() || undefined;
  try {
    const { level, time, msg, err } = JSON.parse(line) as {
      level?: string;
      time?: string;
      msg?: string;
      err?: { message?: string };
    };
    if (level !== 'warn' && level !== 'error' && level !== 'fatal') return undefined;
    return [time?.slice(11, 19), level, msg, err?.message && `(${err.message})`]
      .filter(Boolean)
      .join(' ')
      .replace(/\s+/g, ' ');
  } catch {
    return line;
  }
}
