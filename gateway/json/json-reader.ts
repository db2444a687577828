import { Worker } from "node:worker_threads";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { invalidArgument, overloaded } from "../../services/runtime/errors.js";
import { codecOf } from "../../services/runtime/grpc/codec.js";
import type { Holder } from "../../services/runtime/limits/shares.js";
import { TurnLine } from "../../services/runtime/limits/turn-line.js";
import type { JsonRead, JsonToRead } from "./json-protocol.js";
import { readJson } from "./read-json.js";

/** Read on the spot: some milliseconds at most, as a frame takes. */
const atOnceBytes = 32 * 1024;
/** The largest body four times over, as text and in parts. */
const threadHeapMiB = 256;
/** A thread that nobody has needed for so long takes memory for nothing. */
const idleMs = 10_000;
const retryAfterMs = 1000;
const tooLarge = "The body takes more memory to read than there is; send it in parts.";

/**
 * Reads bodies in JSON. Large ones are read in a thread of their own that gives way to all else, one at a time, and callers take turns (H27):
 * a megabyte takes some milliseconds, in which nobody's clicks would go on.
 */
export class JsonReader {
  readonly #turns = new TurnLine(1);
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  /**
   * A message in protobuf JSON. The bytes are the reader's from here on.
   * @param what the body, as its sender knows it. @throws ServiceError INVALID_ARGUMENT saying what of it is not one, RESOURCE_EXHAUSTED for
   * what takes more memory than there is; the signal's reason when that aborts before its turn.
   */
  async read<S extends DescMessage>(
    schema: S,
    bytes: Uint8Array,
    what: string,
    { who, signal }: { who: Holder; signal: AbortSignal },
  ): Promise<MessageShape<S>> {
    if (bytes.byteLength <= atOnceBytes) return readJson(schema, bytes, what);
    const leave = await this.#turns.enter(who, signal);
    try {
      const read = await this.#ask({ typeName: schema.typeName, bytes, what });
      if ("bytes" in read) return codecOf(schema).decode(read.bytes);
      throw "refusal" in read ? invalidArgument(read.refusal) : new Error(read.fault);
    } finally {
      leave();
    }
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
  }

  async #ask(wanted: JsonToRead): Promise<JsonRead> {
    clearTimeout(this.#idle);
    this.#thread ??= this.#start();
    const thread = this.#thread;
    try {
      return await answerOf(thread, wanted);
    } finally {
      if (this.#thread === thread) this.#idle = setTimeout(() => this.close(), idleMs).unref();
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL("./json-thread.js", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: threadHeapMiB },
    });
    // Whoever waits for it hears of it, too.
    thread.on("error", () => {});
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    thread.unref();
    return thread;
  }
}

function answerOf(thread: Worker, wanted: JsonToRead): Promise<JsonRead> {
  return new Promise((resolve, reject) => {
    const forget = () => thread.off("message", hear).off("error", fail).off("exit", end);
    const hear = (read: JsonRead) => {
      forget();
      resolve(read);
    };
    const fail = (error: Error & { code?: string }) => {
      forget();
      const isTooLarge = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      reject(isTooLarge ? overloaded(tooLarge, retryAfterMs) : error);
    };
    const end = () => fail(new Error("the thread that reads bodies ended"));
    thread.on("message", hear).on("error", fail).on("exit", end);
    const { bytes } = wanted;
    const isWhole = bytes.byteLength === bytes.buffer.byteLength;
    thread.postMessage(wanted, isWhole ? [bytes.buffer as ArrayBuffer] : []);
  });
}
