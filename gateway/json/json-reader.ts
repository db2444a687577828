import { setMaxListeners } from "node:events";
import { Worker } from "node:worker_threads";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { codecOf } from "../../services/runtime/grpc/codec.js";
import type { Holder } from "../../services/runtime/limits/shares.js";
import { TurnLine } from "../../services/runtime/limits/turn-line.js";
import { tooMuch } from "./json-memory.js";
import type { JsonRead, JsonThreadData, JsonToRead } from "./json-protocol.js";
import { readJson } from "./read-json.js";

/** Read on the spot: some milliseconds at most, as a frame takes. */
const atOnceBytes = 32 * 1024;
/** Of a thread's memory, what has just been made. */
const youngMiB = 16;
const MiB = 1024 * 1024;
/** A thread that nobody has needed for so long takes memory for nothing. */
const idleMs = 10_000;
/** The largest body takes a second of a core that it may have to share with many. */
const longestMs = 15_000;

const stopping = () =>
  new ServiceError({ code: Code.UNAVAILABLE, message: "The gateway is stopping; try again.", retryAfterMs: 1000 });

/**
 * Reads bodies in JSON. Large ones are read in a thread of their own that gives way to all else, one at a time, and callers take turns (H27):
 * a megabyte takes some milliseconds, in which nobody's clicks would go on.
 */
export class JsonReader {
  readonly #turns = new TurnLine(1);
  readonly #closing = new AbortController();
  readonly #longestMs: number;
  readonly #limitBytes: number;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** @param limits.bytes that reading one body may take. */
  constructor(limits: { bytes: number; longestMs?: number }) {
    this.#limitBytes = limits.bytes;
    this.#longestMs = limits.longestMs ?? longestMs;
    // Every body that waits listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * A message in protobuf JSON. The bytes are the reader's from here on.
   * @param what the body, as its sender knows it. @throws ServiceError INVALID_ARGUMENT saying what of it is not one, RESOURCE_EXHAUSTED for
   * what takes more memory or time than there is, UNAVAILABLE at the end; the signal's reason when that aborts.
   */
  async read<S extends DescMessage>(
    schema: S,
    bytes: Uint8Array,
    what: string,
    { who, signal }: { who: Holder; signal: AbortSignal },
  ): Promise<MessageShape<S>> {
    if (bytes.byteLength <= atOnceBytes) return readJson(schema, bytes, what);
    const left = AbortSignal.any([signal, this.#closing.signal]);
    const leave = await this.#turns.enter(who, left);
    try {
      const read = await this.#ask({ typeName: schema.typeName, bytes, what }, left);
      if ("bytes" in read) return codecOf(schema).decode(read.bytes);
      throw "refusal" in read ? new ServiceError(read.refusal) : new Error(read.fault);
    } finally {
      leave();
    }
  }

  /** What is under way or waits is UNAVAILABLE. */
  close(): void {
    this.#closing.abort(stopping());
    this.#drop();
  }

  #drop(): void {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
  }

  async #ask(wanted: JsonToRead, left: AbortSignal): Promise<JsonRead> {
    clearTimeout(this.#idle);
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const ending = new AbortController();
    const end = () => ending.abort(left.reason);
    const timer = setTimeout(() => ending.abort(tooMuch("time")), this.#longestMs);
    left.addEventListener("abort", end, { once: true });
    try {
      return await answerOf(thread, wanted, ending.signal);
    } finally {
      clearTimeout(timer);
      left.removeEventListener("abort", end);
      // Nothing else ends what it has begun.
      if (this.#thread === thread && ending.signal.aborted) this.#drop();
      else if (this.#thread === thread) this.#idle = setTimeout(() => this.#drop(), idleMs).unref();
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL("./json-thread.js", import.meta.url), {
      workerData: { limitBytes: this.#limitBytes } satisfies JsonThreadData,
      // What bodies before have left behind goes before more is taken.
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(this.#limitBytes / MiB), maxYoungGenerationSizeMb: youngMiB },
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

/** @throws the signal's reason when that aborts. */
function answerOf(thread: Worker, wanted: JsonToRead, ending: AbortSignal): Promise<JsonRead> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      thread.off("message", hear).off("error", fail).off("exit", end);
      ending.removeEventListener("abort", leave);
    };
    const leave = () => {
      forget();
      reject(ending.reason);
    };
    const hear = (read: JsonRead) => {
      forget();
      resolve(read);
    };
    const fail = (error: Error & { code?: string }) => {
      forget();
      reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooMuch("memory") : error);
    };
    const end = () => fail(new Error("the thread that reads bodies ended"));
    thread.on("message", hear).on("error", fail).on("exit", end);
    ending.addEventListener("abort", leave, { once: true });
    const { bytes } = wanted;
    const isWhole = bytes.byteLength === bytes.buffer.byteLength;
    thread.postMessage(wanted, isWhole ? [bytes.buffer as ArrayBuffer] : []);
  });
}
