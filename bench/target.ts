export type Mode = 'local' | 'regular';

export interface Target {
  act(client: number): Promise<void>;
  /** Waits until all work in flight is done, so the next target has the machine to itself. */
  untilIdle(): Promise<void>;
  close(): Promise<void>;
}
