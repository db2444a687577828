import { create } from "@bufbuild/protobuf";
import {
  CancelEverythingSchema,
  type ClientFrame,
  ErrorCode,
  type Mask,
  type MaskFormat,
  OpenImageSchema,
  SegmentEverythingRequestSchema,
  type SegmentResult,
} from "../../../proto/index.js";
import type { Failure } from "../failure.js";
import type { Gateway } from "../http/gateway.js";
import { errorOf, type MaskwireError } from "../maskwire-error.js";
import type { Spot } from "../spot.js";
import { type Answered, Clicks } from "./clicks.js";
import type { SessionEvent } from "./event.js";
import { greet, type Link, lose, reconnect } from "./link.js";
import { pending } from "./pending.js";
import type { Phase } from "./phase.js";
import { PictureWay } from "./picture-way.js";
import { Previews } from "./previews.js";
import { byService, type Decoding, type PromptWay } from "./prompt-way.js";
import { noPrompts, type Prompts } from "./prompts.js";
import { segmentRequest } from "./request.js";
import { type Finding, Search, Searches, type SearchTerms } from "./searches.js";
import { clickSilenceMs, silenceOf } from "./silence.js";
import { Socket, type SocketPort } from "./socket.js";
import { Timers } from "./timers.js";

interface SessionOptions {
  readonly gateway: Gateway;
  readonly openSocket: () => SocketPort;
  readonly picture: {
    readonly imageId: string | undefined;
    readonly model: string | undefined;
    readonly file: Blob | undefined;
  };
  /** Beside the service's; none when left out. */
  readonly decoding?: Decoding | undefined;
  readonly onPhase: (phase: Phase) => void;
  readonly onRefused: (reason: MaskwireError) => void;
}

interface ClickOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onDraft?: ((result: SegmentResult) => void) | undefined;
  readonly formats: readonly MaskFormat[];
}

/**
 * One picture and what is asked about it, over as many connections as that takes: a connection that is lost, or silent for too long, is
 * made again, to any gateway, and told of the picture and of every click that waits.
 */
export class Session {
  readonly #onPhase: (phase: Phase) => void;
  readonly #onRefused: (reason: MaskwireError) => void;
  readonly #socket: Socket;
  readonly #prompts: PromptWay;
  readonly #way: PictureWay;
  readonly #timers = new Timers<"reconnect" | "reopen" | "upload" | "resend" | "silence">((name) => this.#due(name));
  readonly #clicks: Clicks;
  readonly #previews: Previews;
  readonly #searches = new Searches();
  #link: Link = { kind: "connecting", attempt: 0 };
  #lastSequence = 0;
  /** When the gateway was last asked for the picture. */
  #openedAtMs = 0;
  /** Once it is over: why. */
  #end: { readonly reason: unknown } | undefined;

  constructor({ gateway, openSocket, picture, decoding = byService, onPhase, onRefused }: SessionOptions) {
    this.#onPhase = onPhase;
    this.#onRefused = onRefused;
    this.#prompts = decoding({
      gateway,
      send: (value) => this.#send({ case: "segment", value }),
      dispatch: (event) => this.#hear(event),
    });
    this.#socket = new Socket(openSocket, (event) => this.#prompts.hear(event));
    this.#way = new PictureWay(gateway, picture, {
      reopen: () => this.#reopen(),
      again: (name, delayMs) => this.#timers.start(name, delayMs),
      changed: (phase) => this.#changed(phase),
      refused: (failure) => this.#fail(failure),
    });
    this.#clicks = new Clicks({
      send: (sequence, prompts, formats) => this.#click(sequence, prompts, formats),
      again: (delayMs) => this.#timers.start("resend", delayMs),
    });
    this.#previews = new Previews((spot) => {
      const sequence = ++this.#lastSequence;
      const prompts: Prompts = { ...noPrompts, points: [{ ...spot, label: 1 }] };
      this.#prompts.ask(segmentRequest(sequence, prompts, true));
      return sequence;
    });
    this.#socket.connect();
    this.#way.begin();
  }

  /** @returns the number that the answer goes by, and the answer. */
  click(prompts: Prompts, { signal, onDraft, formats }: ClickOptions): { sequence: number; answer: Promise<Answered> } {
    const sequence = ++this.#lastSequence;
    const waiter = pending<Answered>(signal, () => this.#clicks.forget(sequence));
    if (this.#end !== undefined) waiter.reject(this.#end.reason);
    else if (signal?.aborted !== true) {
      this.#previews.end();
      this.#clicks.add(sequence, prompts, { ...waiter, onDraft, formats }, performance.now());
      this.#wake();
      this.#flush();
    }
    return { sequence, answer: waiter.promise };
  }

  /** The mask under a pointer; undefined when a newer one took its place, or none can be had at the moment. */
  hover(spot: Spot, signal: AbortSignal | undefined): Promise<Mask | undefined> {
    const waiter = pending<Mask | undefined>(signal, () => {});
    this.#wake();
    if (this.#canPreview()) this.#previews.ask(spot, waiter, performance.now());
    else waiter.resolve(undefined);
    return waiter.promise;
  }

  /** Everything in the picture, as it is found. Who reads no more of it ends it. */
  async *everything(terms: SearchTerms, signal: AbortSignal | undefined): AsyncGenerator<Finding, void, undefined> {
    signal?.throwIfAborted();
    if (this.#end !== undefined) throw this.#end.reason;
    const search = new Search(terms);
    const abort = () => search.end(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.#searches.add(search);
    this.#wake();
    this.#pursue();
    let isDone = false;
    try {
      for await (const finding of search.read()) {
        isDone = finding.case === "done";
        yield finding;
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      if (!isDone && this.#searches.leave(search))
        this.#send({ case: "cancelEverything", value: create(CancelEverythingSchema) });
    }
  }

  /** @param reason what all that waits ends with. */
  close(reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    this.#timers.stopAll();
    this.#way.close();
    this.#socket.close();
    this.#prompts.close();
    this.#clicks.fail(reason);
    this.#previews.end();
    this.#searches.fail(reason);
  }

  #fail(failure: Failure): void {
    if (this.#end !== undefined) return;
    const reason = errorOf(failure);
    this.close(reason);
    this.#onRefused(reason);
  }

  #canPreview(): boolean {
    const { phase } = this.#way;
    const isAnswering = phase.kind === "ready" || (phase.kind === "encoding" && phase.hasDraft);
    return this.#link.kind === "open" && isAnswering && this.#clicks.waiting.length === 0;
  }

  #hear(event: SessionEvent): void {
    switch (event.kind) {
      case "socket-closed":
        return this.#lost(event);
      case "welcome":
        this.#link = greet(event);
        this.#way.limit(event.welcome.maxImageBytes);
        return this.#reopen();
      case "image-event":
        return this.#way.hear(event.event);
      case "answer":
        if (!this.#clicks.hear(event)) this.#previews.hear(event.response, event.atMs);
        return this.#flush();
      case "everything-event":
        this.#searching(event.event.event.case !== "done");
        this.#searches.hear(event.event);
        return this.#pursue();
      case "everything-failed":
        this.#searching(false);
        if (this.#searches.hearFailure(event.error)) this.#way.missing();
        return this.#pursue();
      case "frame-error":
        // About a frame that another version of this program may have sent; each answer says itself what is wrong.
        return;
    }
  }

  #lost(event: Extract<SessionEvent, { kind: "socket-closed" }>): void {
    const [link, effects] = lose(this.#link, event);
    this.#link = link;
    this.#clicks.lose();
    this.#previews.end();
    this.#searches.lose();
    this.#way.lose();
    for (const effect of effects) if (effect.kind === "timer") this.#timers.start("reconnect", effect.delayMs);
    if (link.kind === "stopped") {
      const message =
        "This program and the service do not understand each other. Take versions of both that belong together.";
      this.#fail({ error: { code: ErrorCode.FAILED_PRECONDITION, message }, remedy: "none", retryAfterMs: undefined });
    } else if (link.kind === "signed-out") {
      this.#fail({ error: { code: ErrorCode.UNAUTHENTICATED }, remedy: "none", retryAfterMs: undefined });
    } else if (link.kind === "asleep" && this.#clicks.waiting.length > 0) this.#wake();
  }

  /** A connection that sleeps is made again. One that backs off goes on doing so. */
  #wake(): void {
    if (this.#link.kind === "asleep") this.#connect();
  }

  #connect(): void {
    const [link, effects] = reconnect(this.#link, false);
    this.#link = link;
    if (effects.length > 0) this.#socket.connect();
  }

  #due(name: "reconnect" | "reopen" | "upload" | "resend" | "silence"): void {
    switch (name) {
      case "reconnect":
        return this.#connect();
      case "reopen":
        return this.#way.resume();
      case "upload":
        return this.#way.send();
      case "resend":
        return this.#flush();
      case "silence":
        return this.#lookForSilence();
    }
  }

  #changed(phase: Phase): void {
    this.#onPhase(phase);
    if (phase.kind === "ready") {
      this.#flush();
      this.#pursue();
    }
  }

  /** Makes the picture the session's own, with the clicks that wait; nothing to do before the connection is there. */
  #reopen(): void {
    const { imageId, model = "", canOpen } = this.#way;
    if (this.#link.kind !== "open" || imageId === undefined || !canOpen) return;
    this.#openedAtMs = performance.now();
    this.#prompts.open(imageId, model);
    this.#send({ case: "openImage", value: create(OpenImageSchema, { imageId, model, drafts: true }) });
    this.#listen();
    this.#flush();
  }

  /** The gateway keeps clicks of a picture that is not ready yet, so nothing waits here once it has been opened. */
  #flush(): void {
    if (this.#link.kind !== "open" || !this.#way.canOpen) return;
    this.#clicks.flush(this.#link.limits.waitingClicks, performance.now());
  }

  #pursue(): void {
    const search = this.#searches.next();
    const { phase, imageId } = this.#way;
    if (search === undefined || this.#link.kind !== "open" || phase.kind !== "ready" || imageId === undefined) return;
    search.isUnderWay = true;
    this.#searching(true);
    const value = create(SegmentEverythingRequestSchema, { ...search.terms, imageId, model: this.#way.model ?? "" });
    this.#send({ case: "everything", value });
    this.#listen();
  }

  #searching(isUnderWay: boolean): void {
    if (this.#link.kind !== "open") return;
    this.#link = { ...this.#link, search: isUnderWay ? { heardAtMs: performance.now() } : undefined };
  }

  #click(sequence: number, prompts: Prompts, formats: readonly MaskFormat[]): void {
    const request = segmentRequest(sequence, prompts, false);
    request.formats = [...formats];
    this.#prompts.ask(request);
    this.#listen();
  }

  #send(frame: ClientFrame["frame"]): void {
    this.#socket.send(frame);
  }

  /** Something is to be answered: looked at once in a while, until nothing is. */
  #listen(): void {
    if (!this.#timers.has("silence")) this.#timers.start("silence", clickSilenceMs);
  }

  #lookForSilence(): void {
    const owed = { link: this.#link, picture: this.#way.phase, waiting: this.#clicks.waiting };
    const silence = silenceOf(owed, performance.now(), Math.max(this.#socket.heardAtMs, this.#openedAtMs));
    if (silence === undefined) return;
    if (silence !== "lost") return this.#timers.start("silence", silence.lookAgainMs);
    this.#clicks.beMorePatient();
    this.#socket.drop();
  }
}
