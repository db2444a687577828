import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { type EmbeddingSource, ErrorCode, SegmentRequestSchema, type SegmentResponse } from "../../../proto/index.js";
import type { PlannedPicture } from "../../simulation/visit.js";
import { upload } from "../../support/http-calls.js";
import { clickOn } from "../../support/pictures.js";
import { SocketClient } from "../../support/socket-client.js";
import type { Rig } from "./rig.js";
import { workerMsOf } from "./worker-ms.js";

interface NotedClick {
  readonly intendedAt: number;
  answeredAt: number | undefined;
}

export interface NotedDecode {
  readonly at: number;
  readonly preview: boolean;
  readonly source: EmbeddingSource;
  readonly workerMs: number;
}

/** What all visitors of a run note together. Times are of `performance.now()`. */
export interface Notes {
  /** Of every click: when the person meant to make it, and when its answer came; undefined while there is none. */
  readonly clicks: NotedClick[];
  /** Clicks and previews that were decoded: where their embedding was, and what of the worker's time they took. */
  readonly decodes: NotedDecode[];
  /** Clicks that were refused and made again. */
  readonly refusals: number[];
  /** Of each new picture, from its upload to its being ready. */
  readonly encodeMs: number[];
  /** Anything else: a run with one of these measured something broken. */
  readonly problems: string[];
}

interface Asked {
  readonly click: NotedClick | undefined;
  readonly preview: boolean;
}

/**
 * A session that follows a plan: a prompt leaves at its planned moment whatever is answered by then, and its time counts
 * from that moment, so that a system that falls behind cannot slow down those who ask it.
 */
export class Visitor {
  readonly #rig: Rig;
  readonly #visit: Generator<PlannedPicture, never>;
  readonly #notes: Notes;
  readonly #leaving: AbortSignal;
  readonly #asked = new Map<number, Asked>();
  #sequence = 0;
  /** Clicks of the open picture that are to be made or answered. */
  #left = 0;
  #onReady = () => {};
  #onSettled = () => {};

  constructor(rig: Rig, visit: Generator<PlannedPicture, never>, notes: Notes, leaving: AbortSignal) {
    this.#rig = rig;
    this.#visit = visit;
    this.#notes = notes;
    this.#leaving = leaving;
  }

  /** Resolves when the visitor has left. */
  async stay(): Promise<void> {
    try {
      await using socket = await SocketClient.join(this.#rig.gatewayUrl);
      const gone = new Promise<never>((_, reject) => {
        this.#leaving.addEventListener("abort", () => reject(this.#leaving.reason), { once: true });
      });
      await Promise.race([this.#read(socket), this.#work(socket), gone]);
    } catch (error) {
      if (!this.#leaving.aborted) this.#notes.problems.push(error instanceof Error ? error.message : String(error));
    }
  }

  async #work(socket: SocketClient): Promise<never> {
    let opened = "";
    for (;;) {
      const { album, prompts, endMs } = this.#visit.next().value;
      const imageId = album === undefined ? await this.#upload() : (this.#rig.album[album] as string);
      if (imageId !== opened) {
        const ready = new Promise<void>((resolve) => {
          this.#onReady = resolve;
        });
        socket.open(imageId);
        await ready;
      }
      opened = imageId;
      const readyAt = performance.now();
      this.#left = prompts.filter(({ preview }) => !preview).length;
      const settled = new Promise<void>((resolve) => {
        this.#onSettled = resolve;
      });
      for (const { atMs, preview } of prompts) {
        await this.#until(readyAt + atMs);
        const click: NotedClick | undefined = preview
          ? undefined
          : { intendedAt: readyAt + atMs, answeredAt: undefined };
        if (click) this.#notes.clicks.push(click);
        this.#send(socket, { click, preview });
      }
      await settled;
      await this.#until(readyAt + endMs);
    }
  }

  async #until(at: number): Promise<void> {
    const leftMs = at - performance.now();
    if (leftMs > 0) await sleep(leftMs, undefined, { signal: this.#leaving });
  }

  async #upload(): Promise<string> {
    const bytes = this.#rig.newPicture();
    const startedAt = performance.now();
    const { image } = await upload(this.#rig.gatewayUrl, bytes);
    this.#notes.encodeMs.push(performance.now() - startedAt);
    return image?.imageId ?? "";
  }

  async #read(socket: SocketClient): Promise<never> {
    for (;;) {
      const { frame } = await socket.nextFrame();
      if (frame.case === "segment") this.#take(socket, frame.value);
      else if (frame.case === "image" && frame.value.event.case === "ready") this.#onReady();
      else if (frame.case === "image" && (frame.value.event.case === "missing" || frame.value.event.case === "failed"))
        throw new Error(`a picture was ${frame.value.event.case}`);
    }
  }

  #send(socket: SocketClient, asked: Asked): void {
    const sequence = ++this.#sequence;
    this.#asked.set(sequence, asked);
    const { x, y } = clickOn("disc");
    const prompt = { points: [{ x: x + (sequence % 40), y: y + (sequence % 30), label: 1 }] };
    const { preview } = asked;
    // A lone click asks for all candidates, as the web client's does.
    socket.segment(
      create(SegmentRequestSchema, { sequence, preview, prompt, ...(preview ? {} : { multimask: true }) }),
    );
  }

  #take(socket: SocketClient, { sequence, outcome }: SegmentResponse): void {
    const asked = this.#asked.get(sequence);
    if (!asked) return;
    this.#asked.delete(sequence);
    const at = performance.now();
    const { click, preview } = asked;
    if (outcome.case === "result") {
      const { embeddingSource: source } = outcome.value;
      this.#notes.decodes.push({ at, preview, source, workerMs: workerMsOf(outcome.value) });
    }
    if (!click) return;
    if (outcome.case === "result") {
      click.answeredAt = at;
      if (--this.#left === 0) this.#onSettled();
    } else if (outcome.case === "error" && outcome.value.code === ErrorCode.RESOURCE_EXHAUSTED) {
      this.#notes.refusals.push(at);
      // Its time counts from the first try.
      const again = setTimeout(() => this.#send(socket, asked), outcome.value.retryAfterMs ?? 200);
      this.#leaving.addEventListener("abort", () => clearTimeout(again), { once: true });
    } else {
      this.#notes.problems.push(`a click was answered ${outcome.value?.message}`);
    }
  }
}
