import { EventEmitter } from "node:events";
import type { CacheConnection } from "./cache-connection.js";
import type { Follower, Following } from "./cache-news.js";

/** The keys that leases are made of: the shared cache, or a process's memory. May throw: then there are no leases. */
export type LeaseKeys = Pick<
  CacheConnection,
  | "remainingMs"
  | "head"
  | "set"
  | "setAndTell"
  | "setIfAbsent"
  | "extendIfEqual"
  | "delete"
  | "deleteIfEqual"
  | "deleteAll"
  | "follow"
>;

/** Lease keys in this process's memory. */
export class MemoryLeaseKeys implements LeaseKeys {
  readonly #values = new Map<string, { value: Buffer; until: number }>();
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async remainingMs(key: string): Promise<number | undefined> {
    const found = this.#find(key);
    return found && found.until - this.#now();
  }

  async head(key: string, length: number): Promise<Buffer | undefined> {
    return this.#find(key)?.value.subarray(0, length);
  }

  async set(key: string, value: string | Buffer, ttlMs: number): Promise<void> {
    this.#forget();
    this.#values.set(key, { value: Buffer.from(value as string), until: this.#now() + ttlMs });
  }

  async setAndTell(key: string, value: string, ttlMs: number, channel: string): Promise<void> {
    await this.set(key, value, ttlMs);
    this.#news.emit(channel, value);
  }

  async setIfAbsent(key: string, value: string | Buffer, ttlMs: number): Promise<boolean> {
    if (this.#find(key)) return false;
    await this.set(key, value, ttlMs);
    return true;
  }

  async extendIfEqual(key: string, value: string | Buffer, ttlMs: number): Promise<boolean> {
    const found = this.#find(key);
    if (!found?.value.equals(Buffer.from(value as string))) return false;
    found.until = this.#now() + ttlMs;
    return true;
  }

  async deleteIfEqual(key: string, value: string | Buffer): Promise<boolean> {
    const found = this.#find(key);
    if (!found?.value.equals(Buffer.from(value as string))) return false;
    this.#values.delete(key);
    this.#news.emit(key, "");
    return true;
  }

  async delete(key: string): Promise<boolean> {
    return this.#values.delete(key);
  }

  async deleteAll(_pattern: string, isMeant: (key: string) => boolean): Promise<void> {
    for (const key of [...this.#values.keys()]) if (isMeant(key)) this.#values.delete(key);
  }

  follow(channel: string, { onMessage }: Follower): Following {
    // A function of its own: one that follows twice is told twice, and leaves once at a time.
    const hear = (message: string) => onMessage(message);
    this.#news.on(channel, hear);
    return { state: "listening", close: () => void this.#news.off(channel, hear) };
  }

  #find(key: string) {
    const found = this.#values.get(key);
    return found && found.until > this.#now() ? found : undefined;
  }

  #forget(): void {
    for (const [key, { until }] of this.#values) if (until <= this.#now()) this.#values.delete(key);
  }
}
