import type { FastifyReply } from "fastify";
import { describeError } from "../../services/runtime/errors.js";
import { errorBody } from "../../services/runtime/http/reply-error.js";

/** An answer of newline-delimited JSON that begins at once (H2, E1). */
export class JsonLines {
  readonly #reply: FastifyReply;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    reply.raw.flushHeaders();
  }

  /** @returns false when the reader is slower than the writer; wait for `drained`. */
  write(value: unknown): boolean {
    return this.#reply.raw.write(`${JSON.stringify(value)}\n`);
  }

  /** Resolves when the reader has caught up or is gone. */
  drained(): Promise<void> {
    const { raw } = this.#reply;
    if (raw.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        raw.off("drain", done).off("close", done);
        resolve();
      };
      raw.on("drain", done).on("close", done);
    });
  }

  end(): FastifyReply {
    this.#reply.raw.end();
    return this.#reply;
  }

  fail(error: unknown): FastifyReply {
    this.write({ error: errorBody(describeError(error)) });
    return this.end();
  }
}
