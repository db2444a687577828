import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/** The HTTP requests that are not answered yet, so that a stop can wait for them (B4). */
export class RequestsUnderWay {
  readonly #replies = new Set<ServerResponse>();

  /** Watches the routes that are added to `app` from now on. */
  constructor(app: FastifyInstance) {
    app.addHook("onRequest", (_request, reply, done) => {
      // `close` comes after the last byte was handed over, and also when the caller hangs up.
      this.#replies.add(reply.raw);
      reply.raw.once("close", () => this.#replies.delete(reply.raw));
      done();
    });
  }

  /** Resolves when those of this moment are answered, or when the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const answered = Promise.all([...this.#replies].map((reply) => once(reply, "close")));
    await Promise.race([answered, once(signal, "abort")]);
  }
}
