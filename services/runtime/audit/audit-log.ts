import { Code } from "../errors.js";
import type { Audit, AuditEvent } from "./audit.js";
import { FoldedEvents } from "./folded-events.js";

/** Where lines go. Takes what it has room for, and writes it when it can. */
export interface LineSink {
  /** @returns false when there was no room, and the line is lost. */
  write(line: string): boolean;
  /** Tells when there may be room again. */
  onRoom(listener: () => void): void;
  close(): Promise<void>;
}

interface AuditLogOptions {
  sink: LineSink;
  /** Told of each event that was lost. */
  onLost: () => void;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** Writes events as JSON, one a line. What there is no room for is lost, counted, and told in the stream itself. */
export class AuditLog implements Audit {
  readonly #options: Required<AuditLogOptions>;
  readonly #folded = new FoldedEvents();
  #lost = 0;

  constructor(options: AuditLogOptions) {
    this.#options = { now: Date.now, ...options };
    options.sink.onRoom(() => this.#tellLost());
  }

  note(event: AuditEvent): void {
    const now = this.#options.now();
    const repeated = this.#folded.take(event, now);
    if (repeated === undefined) return;
    this.#tellLost();
    if (this.#options.sink.write(lineOf(event, now, repeated))) return;
    this.#lost += 1;
    this.#options.onLost();
  }

  async close(): Promise<void> {
    this.#tellLost();
    await this.#options.sink.close();
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    const { sink, now } = this.#options;
    const line = JSON.stringify({ time: new Date(now()).toISOString(), action: "lost", count: this.#lost });
    if (sink.write(`${line}\n`)) this.#lost = 0;
  }
}

function lineOf({ code, object, ...event }: AuditEvent, now: number, repeated: number): string {
  const fields = {
    time: new Date(now).toISOString(),
    ...event,
    // Enough to tell pictures apart, and not to ask for one.
    object: object?.replace(/(sha256:[0-9a-f]{16})[0-9a-f]{48}/i, "$1"),
    code: code === undefined ? undefined : Code[code],
    ...(repeated > 0 ? { repeated } : {}),
  };
  return `${JSON.stringify(fields)}\n`;
}
