export interface Received {
  topic: string;
  partition: number;
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, string>;
}

/** A message without its position. */
export type Content = Omit<Received, 'partition' | 'offset'>;

/** Key and value may be buffers, to forward a message unchanged. */
export interface Message {
  topic: string;
  key: string | Buffer | null;
  /** Null is a tombstone: on a compacted topic it deletes the key. */
  value: string | Buffer | null;
  headers: Record<string, string>;
}

export interface Publisher {
  /** Resolves once all in-sync replicas have the message. May publish twice: consumers drop repeats by event id. */
  publish(message: Message): Promise<void>;
  close(): Promise<void>;
}
