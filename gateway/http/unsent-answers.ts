import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";
import { overloaded } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import type { Reader, UnsentBytes } from "../limits/unsent-bytes.js";

const retryAfterMs = 1000;

/** Large answers over HTTP that have not left yet: they are in the budget of what sessions have not read (B6). */
export class UnsentAnswers {
  readonly #unsent: UnsentBytes;
  readonly #metrics: Pick<Metrics, "limitHit">;
  readonly #readers = new WeakMap<Socket, Reader & { answers: number }>();

  constructor(unsent: UnsentBytes, metrics: Pick<Metrics, "limitHit">) {
    this.#unsent = unsent;
    this.#metrics = metrics;
  }

  /**
   * Before an answer is handed over; until it has left, or its reader is gone.
   * @throws ServiceError RESOURCE_EXHAUSTED when there is no room, and nobody has more than this one.
   */
  hold({ raw }: FastifyReply, bytes: number): void {
    const { socket } = raw;
    if (!socket || raw.destroyed) return;
    const reader = this.#readerOf(socket);
    const left = this.#unsent.hold(reader, bytes);
    if (!left) throw overloaded("Too many answers are not read; try again.", retryAfterMs);
    reader.answers++;
    raw.once("close", () => {
      left();
      reader.answers--;
    });
  }

  /** A connection's answers are one after the other: they are one reader's. */
  #readerOf(socket: Socket): Reader & { answers: number } {
    const known = this.#readers.get(socket);
    if (known) return known;
    const reader = {
      answers: 0,
      cutOff: () => {
        this.#metrics.limitHit("unsent");
        // One that has nothing yet is told so.
        if (reader.answers > 0) socket.destroy();
      },
    };
    this.#readers.set(socket, reader);
    socket.once("close", () => this.#unsent.forget(reader));
    return reader;
  }
}
