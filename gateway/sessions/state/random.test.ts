import { expect, it } from "vitest";
import { DetailMode, ErrorCode, type SegmentRequest } from "../../../proto/index.js";
import { randomNumbers } from "../../../proto/testing/random-numbers.js";
import {
  answered,
  answeredSmall,
  cancelEverything,
  click,
  everything,
  everythingFailed,
  found,
  hover,
  image,
  imageA,
  imageB,
  limits,
  result,
} from "../testing/session-events.js";
import { initialState, type SessionEffect, type SessionEvent, type SessionState } from "./state.js";
import { step } from "./step.js";

/** Not `expect`, whose own work is most of what a million of them take. */
function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** What the world around a session owes it, and what the session owes its client. */
class World {
  state: SessionState = initialState;
  /** Sent and not answered, oldest first. */
  readonly clicks: number[] = [];
  readonly hovers = new Set<number>();
  /** At the decoder. */
  decoding: { opening: number; request: SegmentRequest } | undefined;
  encodes: number[] = [];
  /** Everything modes that were asked for and have not ended, oldest first. */
  readonly everythings: number[] = [];
  /** The one at the decoder. */
  finding: number | undefined;
  /** The answered click that is made finer. */
  finer: { opening: number; sequence: number } | undefined;
  isClosed = false;

  apply(event: SessionEvent): void {
    // Pure: it throws where it would change what it was handed.
    const [state, effects] = step(frozen(this.state), event, limits);
    this.state = state;
    const asked = event.kind === "prompt" ? event.request : undefined;
    if (event.kind === "everything" && !this.isClosed) this.everythings.push(event.run);
    for (const effect of effects) this.#see(effect, asked);
    if (state.kind !== "no-image" && state.kind !== "closed") {
      const running = state.kind === "ready" && state.running && !state.running.preview ? 1 : 0;
      must(state.clicks.length + running <= limits.maxWaitingClicks, "C6: no more wait than may");
      const previews = state.kind === "ready" && state.running?.preview === true;
      must(!previews || state.clicks.length === 0, "P2: a preview runs while no click waits");
    }
    if (state.kind === "ready" || state.kind === "drafted")
      must(Boolean(state.running) === (this.decoding !== undefined), "the decoder has what the session thinks it has");
  }

  #see(effect: SessionEffect, asked: SegmentRequest | undefined): void {
    // Nothing after close but the order to cancel.
    must(!this.isClosed, "nothing is said after close");
    switch (effect.kind) {
      case "send-result":
        return this.#answer(effect.sequence, true);
      case "send-error": {
        const { code } = effect.error;
        const atTheDoor =
          asked?.sequence === effect.sequence &&
          (code === ErrorCode.FAILED_PRECONDITION || code === ErrorCode.RESOURCE_EXHAUSTED);
        return this.#answer(effect.sequence, !atTheDoor);
      }
      case "send-draft":
        must(this.clicks.includes(effect.sequence), "V3: a draft is of a click that waits, and comes once");
        return must(this.state.kind === "drafted", "V3: a draft comes while the picture has one");
      case "decode":
        must(effect.request.draft === (this.state.kind === "drafted"), "V8: what a draft can answer is asked of it");
        must(
          !effect.request.draft || effect.request.prompt?.mask?.source.case !== "previous",
          "V5: a draft is asked without what was before",
        );
        must(this.decoding === undefined, "never two at once");
        this.decoding = effect;
        return;
      case "abandon":
        must(
          this.decoding?.request.preview === true || this.decoding?.request.draft === true,
          "a preview or a draft is abandoned, and no click",
        );
        this.decoding = undefined;
        return;
      case "make-finer":
        must(this.finer === undefined, "Z5: the latest alone");
        must(this.decoding === undefined || this.decoding.request.preview, "Z5: no click waits for it");
        this.finer = { opening: effect.opening, sequence: effect.request.sequence };
        return;
      case "abandon-finer":
        must(this.finer !== undefined, "what is abandoned was begun");
        this.finer = undefined;
        return;
      case "send-finer":
        must(this.finer?.sequence === effect.sequence, "Z1: what was made finer is sent, once");
        must(!this.clicks.includes(effect.sequence), "Z1: after the first answer");
        this.finer = undefined;
        return;
      case "find-everything":
        must(this.finding === undefined, "E2: one at a time");
        must(this.everythings.join() === `${effect.run}`, "E3: those before it have ended");
        this.finding = effect.run;
        return;
      case "abort-everything":
        must(this.finding === this.everythings[0], "E3: the oldest is ended");
        this.finding = undefined;
        return;
      case "send-everything":
        must(this.finding === this.everythings[0], "E3: the oldest is told of");
        if (effect.event.event.case === "done") this.#endEverything();
        return;
      case "send-everything-failed":
        return this.#endEverything();
      case "encode":
        this.encodes.push(effect.opening);
        return;
      case "cancel":
        this.decoding = undefined;
        this.finer = undefined;
        this.encodes = [];
    }
  }

  /** E3: each once. */
  #endEverything(): void {
    must(this.everythings.shift() !== undefined, "E3: what ends has begun");
    this.finding = undefined;
  }

  /** C1: each once; C2: clicks in their order, except for those that are refused at the door. */
  #answer(sequence: number, inOrder: boolean): void {
    if (this.hovers.delete(sequence)) return;
    const place = this.clicks.indexOf(sequence);
    must(place >= 0, `C1: what is answered waits, as ${sequence} does`);
    must(!inOrder || place === 0, `C2: the answer to ${sequence} overtakes no other`);
    this.clicks.splice(place, 1);
  }
}

/** The same, and everything in it: whatever writes to it throws. What is frozen has frozen parts. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

const failed = { code: ErrorCode.UNAVAILABLE, message: "Lost.", reason: "" };
const gone = { code: ErrorCode.NOT_FOUND, message: "Not here.", reason: "" };

it.each(Array.from({ length: 20 }, (_, index) => index * 1000))(
  "keeps C1, C2, C6, P1, P2, V3, V5, E2, E3, Z1 and Z5 whatever happens (seeds from %i)",
  (first) => {
    for (let seed = first; seed < first + 100; seed++) play(seed);
  },
);

function play(seed: number): void {
  const next = randomNumbers(seed);
  const below = (count: number) => Math.floor(next() * count);
  const world = new World();
  let sequence = 0;
  for (let turn = 0; turn < 70; turn++) {
    const choice = below(26);
    if (choice < 2) world.apply({ kind: "open", image: choice === 0 || next() < 0.7 ? imageA : imageB });
    else if (choice < 10) {
      sequence++;
      const isHover = next() < 0.4;
      if (isHover) world.hovers.add(sequence);
      else world.clicks.push(sequence);
      const previous = next() < 0.2 ? { previous: { sequence: below(sequence), mask: below(3) } } : {};
      const elsewhere = next() < 0.1 ? { imageId: "sha256:elsewhere" } : {};
      const detail = next() < 0.5 ? { detail: DetailMode.AUTO } : {};
      world.apply((isHover ? hover : click)(sequence, { ...previous, ...elsewhere, ...detail }));
    } else if (choice < 15 && world.decoding) {
      const { opening, request } = world.decoding;
      world.decoding = undefined;
      const end = below(8);
      if (request.draft && end < 2) world.apply({ kind: "refused", opening, error: end === 0 ? failed : gone });
      else if (end === 0) world.apply({ kind: "image-gone", opening });
      else if (end === 1) world.apply({ kind: "refused", opening, error: failed });
      else world.apply({ ...(end < 5 ? answeredSmall : answered), opening } as SessionEvent);
    } else if (choice < 19 && world.encodes.length > 0) {
      const opening = world.encodes[0] as number;
      const all = ["queued", "encoding", "draft", "draft", "ready", "ready", "missing", "failed"] as const;
      const news = all[below(all.length)] ?? "ready";
      if (news === "ready" || news === "missing" || news === "failed") world.encodes.shift();
      world.apply({ ...image(news), opening } as SessionEvent);
    } else if (choice === 24 && world.finer) {
      const { opening, sequence } = world.finer;
      const isBetter = next() < 0.7;
      world.apply({ kind: "finer", opening, sequence, result: isBetter ? result(6) : undefined });
      if (!isBetter) world.finer = undefined;
    } else if (choice === 20) world.apply(everything(turn));
    else if (choice === 21) world.apply(cancelEverything);
    else if (choice > 21 && choice < 24 && world.finding !== undefined) {
      const { finding } = world;
      if (choice === 22) world.apply(found(finding, next() < 0.5 ? "progress" : "done"));
      else world.apply(everythingFailed(finding));
    } else if (choice === 19) {
      // Late news of an opening that is gone changes nothing.
      const before = world.state;
      world.apply({ kind: "finer", opening: -1, sequence: 1, result: result(1) });
      world.apply({ kind: "answered", opening: -1, result: result(1) });
      must(world.state === before, "late news changes nothing");
    }
  }
  finish(world);
}

/** Lets everything that is under way come to its end; then nothing may be left unanswered. */
function finish(world: World): void {
  if (world.state.kind === "awaiting-upload") world.apply({ kind: "open", image: world.state.image });
  for (let turn = 0; turn < 20; turn++) {
    const [opening] = world.encodes.splice(0, 1);
    if (opening !== undefined) world.apply({ ...image("ready"), opening } as SessionEvent);
    const { decoding } = world;
    world.decoding = undefined;
    if (decoding) world.apply({ kind: "answered", opening: decoding.opening, result: result(1) });
  }
  if (world.finding !== undefined) world.apply(found(world.finding, "done"));
  expect(world.everythings).toEqual([]);
  expect(world.clicks).toEqual([]);
  expect([...world.hovers]).toEqual([]);
  world.apply({ kind: "close" });
  world.isClosed = true;
  world.apply(click(1));
  world.apply(everything(1));
  world.apply({ kind: "open", image: imageB });
  world.apply({ ...image("ready"), opening: 1 } as SessionEvent);
  expect(world.state).toEqual({ kind: "closed" });
}
