import { create } from "@bufbuild/protobuf";
import { type ImageInfo, type Mask, MaskFormat, type Rle, RleSchema, type SegmentResult } from "../../proto/index.js";
import type { Answered } from "./session/clicks.js";
import type { Place } from "./session/event.js";
import { withResolvers } from "./session/pending.js";
import type { Phase } from "./session/phase.js";
import type { PromptPoint, Prompts, Start } from "./session/prompts.js";
import type { Finding, SearchTerms } from "./session/searches.js";
import { Session } from "./session/session.js";
import type { Corners, Spot } from "./spot.js";

type SessionOptions = ConstructorParameters<typeof Session>[0];

/** A point of a prompt, in pixels of the upright picture. `label` is 1 for a point on the object, also when left out, and 0 beside it. */
export interface Point extends Spot {
  readonly label?: 0 | 1;
}

/** What describes one object. At least one part must be there. */
export interface Prompt {
  readonly points?: readonly Point[];
  readonly box?: Corners;
  /** A rough mask to start from, of the picture's size. */
  readonly mask?: Pick<Rle, "size" | "counts">;
}

interface CallOptions {
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

interface ClickOptions extends CallOptions {
  /** Whether masks come as PNG files too, 0 and 255 in the picture's size: `mask.png`. */
  readonly png?: boolean;
  /** Told what a coarse draft of the picture says, where that comes before the answer. Nothing of it is to be kept. */
  readonly onDraft?: (masks: readonly Mask[]) => void;
}

/**
 * What a click was answered with. {@link Answer.refine} goes on from one of its masks.
 */
export class Answer {
  readonly #picture: Picture;
  readonly #start: Omit<Start, "mask">;
  /** All of it, as the contract has it: timings, where the embedding was found. */
  readonly result: SegmentResult;
  /** Who decoded it: `"server"`, or with `decoding` also `"here"`, this program itself. */
  readonly place: Place;

  constructor(picture: Picture, start: Omit<Start, "mask">, { result, place }: Answered) {
    this.#picture = picture;
    this.#start = start;
    this.result = result;
    this.place = place;
  }

  /** The candidates, best first: several for a lone point, which may mean the button, the shirt or the person. */
  get masks(): readonly Mask[] {
    return this.result.masks;
  }

  /** The best of them; undefined when nothing was found there. */
  get best(): Mask | undefined {
    return this.masks[0];
  }

  /**
   * Asks again with one more point: the model sees the mask along with all points until now. Goes on at any gateway.
   * @param point `label: 0` leaves out what is there.
   * @param options `mask`: which candidate to start from, the best when left out.
   */
  refine(point: Point, { mask = 0, ...options }: ClickOptions & { readonly mask?: number } = {}): Promise<Answer> {
    const { prompts } = this.#start;
    const points = [...prompts.points, pointOf(point)];
    // A rough mask is started from again: the model starts from one.
    const from = prompts.mask === undefined ? { from: { ...this.#start, mask } } : {};
    return this.#picture.ask({ ...prompts, points, ...from }, options);
  }
}

/** How far a picture is: see {@link Picture.phase}. */
export type { Phase };

/**
 * An open picture. Whatever is asked before it is ready waits for it, and whatever waits when the connection is lost is asked again
 * over the next one.
 */
export class Picture {
  /** `sha256:` and the digest of its file; undefined where it is not known before the upload is answered. */
  readonly id: string | undefined;
  /** When clicks are answered at once. Rejects with a MaskwireError when it will never be. */
  readonly ready: Promise<ImageInfo>;
  readonly #session: Session;
  readonly #model: string | undefined;
  #phase: Phase = { kind: "opening" };

  /** Use {@link MaskwireClient.open}. */
  constructor(
    options: Pick<SessionOptions, "gateway" | "openSocket" | "picture" | "decoding">,
    {
      onPhase = () => {},
      onClosed,
    }: { onPhase?: ((phase: Phase) => void) | undefined; onClosed: (picture: Picture) => void },
  ) {
    const { promise, resolve, reject } = withResolvers<ImageInfo>();
    // Who does not ask is not to be ended by it: every call says the same.
    promise.catch(() => {});
    this.ready = promise;
    this.id = options.picture.imageId;
    this.#model = options.picture.model;
    this.#onClosed = (reason) => {
      reject(reason);
      onClosed(this);
    };
    this.#session = new Session({
      ...options,
      onPhase: (phase) => {
        this.#phase = phase;
        if (phase.kind === "ready") resolve(phase.image);
        onPhase(phase);
      },
      onRefused: (reason) => this.#onClosed(reason),
    });
  }

  readonly #onClosed: (reason: unknown) => void;

  /** How far the service is with it: its upload, its place in line, its encoding. */
  get phase(): Phase {
    return this.#phase;
  }

  /**
   * The object that a prompt describes.
   * @throws MaskwireError when the prompt is refused, or the picture cannot be opened.
   */
  click(prompt: Prompt | Point, options: ClickOptions = {}): Promise<Answer> {
    const { points = [], box, mask }: Prompt = "x" in prompt ? { points: [prompt] } : prompt;
    return this.ask({ points: points.map(pointOf), box, mask: mask && create(RleSchema, mask) }, options);
  }

  /**
   * The mask under a pointer that moves. Ask as often as it moves: the latest counts, and no more are sent than the way and the service bear.
   * @returns undefined when a newer one took its place, or when none can be had at the moment.
   */
  hover({ x, y }: Spot, { signal }: CallOptions = {}): Promise<Mask | undefined> {
    return this.#session.hover({ x, y }, signal);
  }

  /**
   * Everything in the picture, as it is found: `found`, `retracted` where a better one took a mask's place, `progress`, and `done` at last.
   * To read no more of it ends it at the service.
   * @param terms as `SegmentEverythingRequest`: Meta's names and defaults; `text` for objects of one kind.
   */
  everything(terms: SearchTerms = {}, { signal }: CallOptions = {}): AsyncGenerator<Finding, void, undefined> {
    return this.#session.everything(terms, signal);
  }

  /** Ends its connection. What still waits rejects. */
  close(): void {
    const reason = new DOMException("The picture was closed.", "AbortError");
    this.#session.close(reason);
    this.#onClosed(reason);
  }

  /** A prompt as sessions keep it. Use {@link Picture.click} and {@link Answer.refine}. */
  async ask(prompts: Prompts, { signal, onDraft, png = false }: ClickOptions): Promise<Answer> {
    const { sequence, answer } = this.#session.click(prompts, {
      signal,
      formats: png ? [MaskFormat.PNG] : [],
      onDraft: onDraft && (({ masks }) => onDraft(masks)),
    });
    return new Answer(this, { sequence, prompts, model: this.#model }, await answer);
  }
}

const pointOf = ({ x, y, label = 1 }: Point): PromptPoint => ({ x, y, label });
