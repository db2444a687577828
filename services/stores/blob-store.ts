/** Named bytes with a lifetime, shared by every process that uses the same cache. A soft dependency: it may forget. */
export interface BlobStore {
  /**
   * The bytes, or undefined when they are not there or the store cannot say. Never throws.
   * @param mostBytes that the caller takes: of a value that is longer it gets a few more than these, and no other costs.
   */
  get(key: string, mostBytes: number): Promise<Uint8Array | undefined>;
  /** The first bytes, at most `length` of them, at the cost of those alone; otherwise as `get`. */
  head(key: string, length: number): Promise<Uint8Array | undefined>;
  /**
   * Keeps the bytes if it can. Never throws; false when they were not kept.
   * @param owner key of the caller whose part of the store they take, where it is divided.
   */
  set(key: string, bytes: Uint8Array, owner?: string): Promise<boolean>;
  /** Whether `get` would find something, without the bytes; undefined when the store cannot say. Never throws. */
  has(key: string): Promise<boolean | undefined>;
  delete(key: string): Promise<void>;
  /** Drops all that this process keeps under keys that begin so; what is under way does not put it back. */
  forget(prefix: string): void;
  close(): Promise<void>;
}

export type StoreOperation = "get" | "head" | "set" | "has" | "delete";

/** What happened, for metrics. */
export interface StoreEvents {
  onError(operation: StoreOperation, error: unknown): void;
  /** A `get` was answered. */
  onLookup?(isHit: boolean): void;
}
