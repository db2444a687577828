import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { SegmentRequestSchema, SegmentResponseSchema } from "../../proto/index.js";
import type { RoutingEffect, RoutingEvent } from "./routing.js";
import type { Command, Report } from "./worker-messages.js";

/** What is asked of the decoder here. */
export type DecoderOrder = Extract<RoutingEffect, { kind: "start" | "prepare" | "decode" | "stop" }>;

type DecoderStart = Extract<DecoderOrder, { kind: "start" }>;

/** Carries out what is asked of it, and reports with events. */
export interface DecoderPort {
  run(order: DecoderOrder): void;
}

/**
 * Beyond these it hangs. A start is a download of 20 MB and more, and then the opening of what was fetched; a decode hangs
 * before a person who waits for it would give the connection up.
 */
const longestMs: Record<Command["kind"] | "opening", number> = {
  start: 180_000,
  opening: 60_000,
  prepare: 60_000,
  decode: 6_000,
};

interface Options {
  /** A new worker that runs `decode-worker`. */
  readonly openWorker: () => Worker;
  /** The gateway's address. */
  readonly service: string;
  /** What shows the gateway who is calling, now. */
  readonly bearer: () => string | undefined;
  readonly onEvent: (event: RoutingEvent) => void;
}

/** The decoder in a worker of its own, which is begun with the first start. */
export class WorkerDecoder implements DecoderPort {
  readonly #options: Options;
  readonly #onEvent: (event: RoutingEvent) => void;
  #worker: Worker | undefined;
  /** What the worker has been asked and has not reported on, in its order. */
  #pending: Command["kind"][] = [];
  #watch: ReturnType<typeof setTimeout> | undefined;
  /** The start that is under way on a graphics card: where the card fails or hangs, the processor is tried. */
  #onCard: DecoderStart | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#onEvent = options.onEvent;
  }

  run(order: DecoderOrder): void {
    switch (order.kind) {
      case "start":
        this.#start(order, false);
        break;
      case "prepare":
        this.#post({ ...order, bearer: this.#options.bearer() });
        break;
      case "decode": {
        const { imageId, request } = order;
        const bytes = toBinary(SegmentRequestSchema, request);
        this.#post({ kind: "decode", imageId, sequence: request.sequence, request: bytes });
        break;
      }
      case "stop":
        this.#stop();
        break;
    }
  }

  #start(order: DecoderStart, avoidCard: boolean): void {
    this.#worker = this.#begin(order);
    const { service, bearer } = this.#options;
    this.#post({ ...order, avoidCard, service, bearer: bearer() });
  }

  #post(command: Command): void {
    this.#pending.push(command.kind);
    if (this.#pending.length === 1) this.#watchOver(command.kind);
    this.#worker?.postMessage(command);
  }

  #watchOver(kind: keyof typeof longestMs): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#fail("It did not answer in time."), longestMs[kind]);
  }

  #begin(order: DecoderStart): Worker {
    const worker = this.#options.openWorker();
    worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
      if (worker !== this.#worker) return;
      if (data.kind === "opening") {
        if (data.backend === "webgpu") this.#onCard = order;
        this.#watchOver("opening");
      } else {
        this.#report(data);
      }
    });
    // A worker that cannot be loaded, or that ran out of memory.
    worker.addEventListener("error", ({ message }) => {
      if (worker === this.#worker) this.#fail(message);
    });
    return worker;
  }

  #report(report: Exclude<Report, { kind: "opening" }>): void {
    if (report.kind === "failed") {
      this.#fail(report.message);
      return;
    }
    if (report.kind === "completed") {
      this.#onEvent({ ...report, atMs: performance.now() });
      return;
    }
    this.#pending.shift();
    clearTimeout(this.#watch);
    const [next] = this.#pending;
    if (next !== undefined) this.#watchOver(next);
    const atMs = performance.now();
    switch (report.kind) {
      case "started":
        this.#onCard = undefined;
        this.#onEvent({ ...report, atMs });
        break;
      case "prepared":
        this.#onEvent(report);
        break;
      case "unprepared":
        break;
      case "decoded":
        this.#onEvent({ kind: "decoded", response: fromBinary(SegmentResponseSchema, report.response), atMs });
        break;
      case "declined":
        this.#onEvent({ kind: "declined", sequence: report.sequence, atMs });
        break;
    }
  }

  #fail(why: string): void {
    const order = this.#onCard;
    this.#stop();
    if (order) this.#start(order, true);
    else this.#onEvent({ kind: "failed", why, atMs: performance.now() });
  }

  #stop(): void {
    clearTimeout(this.#watch);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#onCard = undefined;
    this.#pending = [];
  }
}
