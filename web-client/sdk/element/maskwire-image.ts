import type { Mask } from "../../../proto/index.js";
import { MaskwireClient } from "../client.js";
import { MaskwireError } from "../maskwire-error.js";
import type { Answer, Phase, Picture, Point } from "../picture.js";
import type { Spot } from "../spot.js";
import { look } from "./look.js";
import { cutOut, paintMask } from "./mask-canvas.js";

/** What `maskwire-mask` tells. */
export interface MaskDetail {
  readonly mask: Mask;
  /** Best first: a lone point may mean the button, the shirt or the person. */
  readonly candidates: readonly Mask[];
  /** What was asked, in pixels of the upright picture. */
  readonly points: readonly Point[];
}

/** What it says to people: on the page that has it, in that page's language. */
export interface ElementWords {
  readonly keys: string;
  readonly opening: string;
  readonly ready: string;
  readonly found: (share: string) => string;
  readonly nothing: string;
  readonly cleared: string;
  readonly cannotLoad: string;
}

const english: ElementWords = {
  keys: "Picture to select objects in. Click an object, or move the cursor with the arrow keys and press Enter. With Shift what is there is left out. Escape begins anew.",
  opening: "The picture is studied…",
  ready: "Click an object.",
  found: (share) => `Selected: ${share} of the picture.`,
  nothing: "Nothing was found there. Try another spot.",
  cleared: "Nothing is selected.",
  cannotLoad: "The picture could not be loaded.",
};

const step = 1 / 50;
const arrows: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * `<maskwire-image src="..." gateway="https://...">`: a picture in which a click selects an object, on any page.
 *
 * Attributes: `src`, `gateway`, `alt`, `model`. Events: `maskwire-ready`, `maskwire-mask` ({@link MaskDetail}), `maskwire-clear` and
 * `maskwire-error` (`detail.error`). Custom properties: `--maskwire-colour`, `--maskwire-opacity`, `--maskwire-outline`, `--maskwire-focus`.
 */
export class MaskwireImage extends HTMLElement {
  static readonly observedAttributes = ["src", "gateway", "model", "alt"];

  /** What shows who is calling, where the gateway asks: no attribute, for the page's markup is no place for it. */
  key: string | (() => string | undefined) | undefined;
  /** In the page's language. */
  words: ElementWords = english;

  readonly #stage = document.createElement("div");
  readonly #image = document.createElement("img");
  readonly #canvas = document.createElement("canvas");
  readonly #cursor = document.createElement("span");
  readonly #status = document.createElement("p");
  #client: MaskwireClient | undefined;
  #picture: Picture | undefined;
  #size = { width: 1, height: 1 };
  #answer: Answer | undefined;
  #points: readonly Point[] = [];
  /** Shares of the picture. */
  #at = { x: 0.5, y: 0.5 };
  /** Of the picture that is shown: what belongs to another is of no interest any more. */
  #ending = new AbortController();
  #isScheduled = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    const style = document.createElement("style");
    style.textContent = look;
    const parts = {
      stage: this.#stage,
      image: this.#image,
      mask: this.#canvas,
      cursor: this.#cursor,
      status: this.#status,
    };
    for (const [name, part] of Object.entries(parts)) part.setAttribute("part", name);
    this.#stage.tabIndex = 0;
    this.#stage.setAttribute("role", "application");
    this.#image.alt = "";
    this.#image.draggable = false;
    this.#canvas.setAttribute("aria-hidden", "true");
    this.#cursor.hidden = true;
    this.#status.setAttribute("role", "status");
    this.#stage.append(this.#image, this.#canvas, this.#cursor);
    root.append(style, this.#stage, this.#status);
    this.#stage.addEventListener("click", (event) => void this.#select(this.#pixelAt(event), event.shiftKey));
    this.#stage.addEventListener("pointermove", (event) => void this.#hover(event));
    this.#stage.addEventListener("pointerleave", () => this.#paint(this.mask));
    this.#stage.addEventListener("keydown", (event) => this.#press(event));
    this.#stage.addEventListener("blur", () => {
      this.#cursor.hidden = true;
    });
  }

  /** The selected object; undefined while there is none. */
  get mask(): Mask | undefined {
    return this.#answer?.best;
  }

  connectedCallback(): void {
    this.#schedule();
  }

  disconnectedCallback(): void {
    this.#close();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#schedule();
  }

  /** Selects nothing: the next click is of an object of its own. */
  clear(): void {
    if (this.#points.length === 0) return;
    this.#forget();
    this.#say(this.words.cleared);
    this.#tell("maskwire-clear", undefined);
  }

  /** The selected object by itself, as a PNG file; undefined while there is none. */
  async cutOut(): Promise<Blob | undefined> {
    return this.mask === undefined ? undefined : await cutOut(this.#image, this.mask);
  }

  /** Once for all attributes that are set at a time. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.isConnected) void this.#open();
    });
  }

  async #open(): Promise<void> {
    this.#close();
    const { signal } = this.#ending;
    this.#stage.setAttribute("aria-label", [this.getAttribute("alt"), this.words.keys].filter(Boolean).join(". "));
    const src = this.getAttribute("src");
    if (src === null) return;
    this.#say(this.words.opening);
    try {
      const file = await this.#load(src, signal);
      const gateway = new URL(this.getAttribute("gateway") ?? ".", document.baseURI);
      const model = this.getAttribute("model");
      this.#client = new MaskwireClient({ gateway, ...(this.key === undefined ? {} : { key: this.key }) });
      const onPhase = (phase: Phase) => this.#stage.setAttribute("aria-busy", String(phase.kind !== "ready"));
      const picture = await this.#client.open(file, { signal, onPhase, ...(model === null ? {} : { model }) });
      this.#picture = picture;
      const { width, height } = await picture.ready;
      this.#size = { width, height };
      this.#say(this.words.ready);
      this.#tell("maskwire-ready", { width, height });
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Its file, shown as soon as it is there. @throws Error when it is no picture that this page may read. */
  async #load(src: string, signal: AbortSignal): Promise<Blob> {
    const answer = await fetch(new URL(src, document.baseURI), { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (!answer?.ok) throw new Error(this.words.cannotLoad);
    const file = await answer.blob();
    signal.throwIfAborted();
    const url = URL.createObjectURL(file);
    signal.addEventListener("abort", () => URL.revokeObjectURL(url), { once: true });
    this.#image.src = url;
    await this.#image.decode().catch(() => {
      throw new Error(this.words.cannotLoad);
    });
    return file;
  }

  #close(): void {
    this.#ending.abort(new DOMException("Another picture was opened.", "AbortError"));
    this.#ending = new AbortController();
    this.#client?.close();
    this.#client = undefined;
    this.#picture = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#answer = undefined;
    this.#points = [];
    this.#paint(undefined);
  }

  async #select(spot: Spot, isLeftOut: boolean): Promise<void> {
    const picture = this.#picture;
    const { signal } = this.#ending;
    // There is nothing yet to leave a spot out of.
    if (picture === undefined || (isLeftOut && this.#answer === undefined)) return;
    const point: Point = { ...spot, label: isLeftOut ? 0 : 1 };
    this.#points = [...this.#points, point];
    const points = this.#points;
    try {
      const before = this.#answer;
      const answer = await (before === undefined
        ? picture.click({ points }, { signal })
        : before.refine(point, { signal }));
      if (points !== this.#points) return;
      const { best, masks: candidates } = answer;
      if (best === undefined || best.area === 0) {
        this.#points = points.slice(0, -1);
        return this.#say(this.words.nothing);
      }
      this.#answer = answer;
      this.#paint(best);
      const share = best.area / (this.#size.width * this.#size.height);
      this.#say(this.words.found(`${Math.max(1, Math.round(100 * share))} %`));
      this.#tell("maskwire-mask", { mask: best, candidates, points } satisfies MaskDetail);
    } catch (error) {
      if (points === this.#points) this.#points = points.slice(0, -1);
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Shows what a click would select, until there is something. */
  async #hover(event: PointerEvent): Promise<void> {
    const picture = this.#picture;
    if (picture === undefined || this.#points.length > 0 || event.pointerType === "touch") return;
    const mask = await picture.hover(this.#pixelAt(event)).catch(() => undefined);
    if (mask !== undefined && picture === this.#picture && this.#points.length === 0) this.#paint(mask);
  }

  #press(event: KeyboardEvent): void {
    const arrow = arrows[event.key];
    if (arrow !== undefined) {
      const [x, y] = arrow;
      this.#at = { x: within(this.#at.x + x * step), y: within(this.#at.y + y * step) };
      this.#cursor.hidden = false;
      this.#cursor.style.left = `${100 * this.#at.x}%`;
      this.#cursor.style.top = `${100 * this.#at.y}%`;
    } else if (event.key === "Enter" || event.key === " ") {
      this.#cursor.hidden = false;
      const { width, height } = this.#size;
      const spot = { x: Math.floor(this.#at.x * (width - 1)), y: Math.floor(this.#at.y * (height - 1)) };
      void this.#select(spot, event.shiftKey);
    } else if (event.key === "Escape") {
      this.clear();
    } else return;
    event.preventDefault();
  }

  /** In pixels of the picture. */
  #pixelAt({ clientX, clientY }: MouseEvent): Spot {
    const { left, top, width, height } = this.#image.getBoundingClientRect();
    return {
      x: Math.floor(within((clientX - left) / width) * (this.#size.width - 1)),
      y: Math.floor(within((clientY - top) / height) * (this.#size.height - 1)),
    };
  }

  #paint(mask: Mask | undefined): void {
    const colour = getComputedStyle(this).getPropertyValue("--maskwire-colour").trim();
    paintMask(this.#canvas, mask, colour || "#1a73e8");
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  #fail(error: unknown): void {
    this.#stage.removeAttribute("aria-busy");
    this.#say(error instanceof MaskwireError || error instanceof Error ? error.message : String(error));
    this.#tell("maskwire-error", { error });
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

const within = (share: number) => Math.min(1, Math.max(0, share));
