export type Mode = 'local' | 'regular';
export const modes = ['local', 'regular'] as const;

/** Something whose speed is measured. */
export interface Target {
  /** Does it once, for one of the clients. */
  act(client: number): Promise<void>;
  /** Resolves when nothing of what it has set in motion is left to be done: the next one has the machine to itself. */
  rest(): Promise<void>;
  close(): Promise<void>;
}
