import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { SegmentRequestSchema, SegmentResponseSchema } from "../../proto/index.js";
import type { RoutingEffect, RoutingEvent } from "./routing.js";
import type { Command, Report } from "./worker-messages.js";

/** What is asked of the decoder here. */
export type DecoderOrder = Extract<RoutingEffect, { kind: "start" | "prepare" | "decode" | "stop" }>;

/** Carries out what is asked of it, and reports with events. */
export interface DecoderPort {
  run(order: DecoderOrder): void;
}

/**
 * Beyond these it hangs. A start is a download of 20 MB and more; a decode hangs before a person who waits for it would
 * give the connection up.
 */
const longestMs: Record<Command["kind"], number> = { start: 180_000, prepare: 60_000, decode: 6_000 };

/** The decoder in a worker of its own, which is begun with the first start. */
export class WorkerDecoder implements DecoderPort {
  readonly #onEvent: (event: RoutingEvent) => void;
  #worker: Worker | undefined;
  /** What the worker has been asked and has not reported on, in its order. */
  #pending: Command["kind"][] = [];
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(onEvent: (event: RoutingEvent) => void) {
    this.#onEvent = onEvent;
  }

  run(order: DecoderOrder): void {
    switch (order.kind) {
      case "start":
        this.#worker = this.#begin();
        this.#post(order);
        break;
      case "prepare":
        this.#post(order);
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

  #post(command: Command): void {
    this.#pending.push(command.kind);
    if (this.#pending.length === 1) this.#watchOver(command.kind);
    this.#worker?.postMessage(command);
  }

  #watchOver(kind: Command["kind"]): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#fail("It did not answer in time."), longestMs[kind]);
  }

  #begin(): Worker {
    const worker = new Worker(new URL("./decode-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
      if (worker === this.#worker) this.#report(data);
    });
    // A worker that cannot be loaded, or that ran out of memory.
    worker.addEventListener("error", ({ message }) => {
      if (worker === this.#worker) this.#fail(message);
    });
    return worker;
  }

  #report(report: Report): void {
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
    this.#stop();
    this.#onEvent({ kind: "failed", why, atMs: performance.now() });
  }

  #stop(): void {
    clearTimeout(this.#watch);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#pending = [];
  }
}
