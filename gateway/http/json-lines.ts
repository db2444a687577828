import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import { describeError } from "../../services/runtime/errors.js";
import { errorBody } from "../../services/runtime/http/reply-error.js";
import { JsonPieces } from "../json/json-pieces.js";

/** Proxies cut off what is silent, many after 30 s. */
const usualSilenceMs = 5000;
/** Who has read nothing for so long has left without a word: what is made for him keeps others from theirs. */
const unreadMs = 60_000;

/** How each value stands in the answer. */
interface LineForm {
  readonly type: string;
  readonly before: string;
  readonly after: string;
}

const newlines: LineForm = { type: "application/x-ndjson", before: "", after: "\n" };
/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const serverSentEvents: LineForm = { type: "text/event-stream; charset=utf-8", before: "data: ", after: "\n\n" };

interface LineOptions {
  silenceMs?: number | undefined;
  form?: LineForm;
}

/** An answer of newline-delimited JSON that begins at once and is never silent for long (H2, E1). */
export class JsonLines {
  readonly #reply: FastifyReply;
  readonly #silenceMs: number;
  readonly #form: LineForm;
  #repeated: unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(reply: FastifyReply, { silenceMs = usualSilenceMs, form = newlines }: LineOptions = {}) {
    this.#reply = reply;
    this.#silenceMs = silenceMs;
    this.#form = form;
    reply.raw.once("close", () => clearTimeout(this.#timer));
    reply.hijack();
    const own = { "content-type": form.type, "cache-control": "no-store" };
    // Of what was said before it is known who asks: its id, and who may read this.
    reply.raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...own });
    reply.raw.flushHeaders();
  }

  /** @returns false when the reader is slower than the writer; wait for `drained`. */
  write(value: unknown): boolean {
    this.#timer?.refresh();
    const { before, after } = this.#form;
    const { raw } = this.#reply;
    if (!(value instanceof JsonPieces)) return raw.write(`${before}${JSON.stringify(value)}${after}`);
    for (const piece of [before, ...value.pieces]) raw.write(piece);
    return raw.write(after);
  }

  /** Writes a line that says how far it is, and says it again whenever nothing else was written for a while. */
  tell(value: unknown): boolean {
    this.#repeated = value;
    this.#timer ??= setTimeout(() => {
      // To one who does not read it would only pile up.
      if (this.#reply.raw.writableNeedDrain) this.#timer?.refresh();
      else this.write(this.#repeated);
    }, this.#silenceMs);
    return this.write(value);
  }

  /** Resolves when the reader has caught up or is gone. @param mostMs after which one that does not read is cut off. */
  drained(mostMs = unreadMs): Promise<void> {
    const { raw } = this.#reply;
    if (raw.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(() => raw.destroy(), mostMs);
      const done = () => {
        clearTimeout(late);
        raw.off("drain", done).off("close", done);
        resolve();
      };
      raw.on("drain", done).on("close", done);
    });
  }

  end(): FastifyReply {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reply.raw.end();
    return this.#reply;
  }

  fail(error: unknown): FastifyReply {
    this.write({ error: errorBody(describeError(error)) });
    return this.end();
  }
}
