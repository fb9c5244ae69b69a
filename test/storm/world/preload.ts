/**
 * Loaded before a role's program: shifts its clock by `STORM_CLOCK_OFFSET_MS`; on SIGWINCH it collects garbage and
 * writes the heap size to `STORM_MEMORY_FILE`.
 */
import { renameSync, writeFileSync } from 'node:fs';

const offsetMs = Number(process.env['STORM_CLOCK_OFFSET_MS'] ?? 0);
const memoryFile = process.env['STORM_MEMORY_FILE'];

if (offsetMs !== 0) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [RealDate.now() + offsetMs] : args) as [number]));
    }
    static override now(): number {
      return RealDate.now() + offsetMs;
    }
  } as DateConstructor;
}

if (memoryFile) {
  process.on('SIGWINCH', () => {
    globalThis.gc?.();
    writeFileSync(`${memoryFile}.new`, String(process.memoryUsage().heapUsed));
    renameSync(`${memoryFile}.new`, memoryFile);
  });
}
