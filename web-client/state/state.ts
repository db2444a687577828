import type { Mask, PictureReading } from "../../proto/index.js";
import type { Size } from "../geometry/spot.js";
import type { Viewport } from "../geometry/viewport.js";
import type { Place } from "../sdk/session/event.js";
import type { Link } from "../sdk/session/link.js";
import { firstPreviewing, type Previewing } from "../sdk/session/preview-pace.js";
import { firstModels, type Models } from "./models.js";
import { firstPage, type Page } from "./page.js";
import { noPointing, type Pointing } from "./pointing.js";
import { firstTools, type Tools } from "./tools.js";
import type { Edit, Everything, Overlay, Work } from "./work.js";

/**
 * Everything the page knows, and only `reduce` makes a new one. But for where prompts are decoded, which has a state of its
 * own (`local/routing.ts`), and for what is the browser's: files, pixels, the focus, dialogs and the text in fields.
 */
export interface State {
  readonly link: Link;
  /** What the operating system says of the network; it knows when there is none, not whether the service is there. */
  readonly isOffline: boolean;
  /** Every picture of this page in its order, the one on the canvas among them. */
  readonly strip: readonly StripEntry[];
  readonly picture: Picture;
  /** A picture on its way to the canvas; the one before it stays until its file is known to hold a picture. */
  readonly loading: Loading | undefined;
  readonly notice: string | undefined;
  readonly latency: Latency | undefined;
  /** When the gateway was last free for another click of this page; it works on one at a time. */
  readonly clickAnsweredAtMs: number;
  readonly nextSequence: number;
  readonly previewing: Previewing;
  /** How long the last encode took, to say how long the next one may take. */
  readonly lastEncodeMs: number | undefined;
  readonly tools: Tools;
  readonly models: Models;
  readonly pointing: Pointing;
  /** The finished objects whose rows are chosen, in the order of being chosen: what is cut goes by it. */
  readonly selection: readonly number[];
  /** What the picture can take of the page, in CSS pixels. */
  readonly room: Size;
  /** What is seen of the picture. */
  readonly viewport: Viewport;
  /** Whether the key is held that has the pointer drag the picture. */
  readonly isPanKeyHeld: boolean;
  /** Whether the pointer drags the picture. */
  readonly isDragging: boolean;
  /** Whether the gateway fetches pictures from other hosts, as it said last. */
  readonly takesAddresses: boolean;
  readonly page: Page;
}

interface Loading {
  readonly token: number;
  readonly name: string;
}

/** A picture of the strip. */
export interface StripEntry {
  readonly token: number;
  readonly name: string;
  /** Undefined until it has been read. */
  readonly info: PictureInfo | undefined;
  /** What was done on it; undefined while it is on the canvas, which has it, and where nothing was. */
  readonly work: Work | undefined;
  readonly preparation: Preparation;
}

/** How far the service is with a picture that is not on the canvas: its embedding is made ahead, one picture at a time. */
export type Preparation =
  /** Not read yet, or on the canvas, whose own state tells. */
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly tries: number; readonly notBeforeMs: number }
  | { readonly kind: "uploading"; readonly tries: number; readonly sentBytes: number }
  | { readonly kind: "queued"; readonly tries: number; readonly position: number; readonly etaMs: number }
  | { readonly kind: "encoding"; readonly tries: number }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string };

/** The picture on the canvas, and how far the service is with it. */
export type Picture =
  | { readonly kind: "empty" }
  /** The gateway is asked about it, or will be as soon as it is reached. */
  | ({
      readonly kind: "opening";
      /** It failed at the gateway, which has no picture open until it is asked again: clicks wait here. */
      readonly resting?: boolean;
    } & Shown)
  | ({
      readonly kind: "uploading";
      readonly sentBytes: number;
      readonly sinceMs: number;
      /** What ended the upload before this one. */
      readonly whyAgain?: string;
    } & Shown)
  | ({ readonly kind: "queued"; readonly position: number; readonly etaMs: number; readonly sinceMs: number } & Shown)
  | ({
      readonly kind: "encoding";
      readonly sinceMs: number;
      /** Prompts are answered from a draft meanwhile. */
      readonly hasDraft: boolean;
    } & Shown)
  | ({
      readonly kind: "ready";
      readonly cached: boolean;
      readonly sinceMs: number;
      /** How the service read the file. */
      readonly reading?: PictureReading | undefined;
    } & Shown)
  | ({
      readonly kind: "refused";
      readonly message: string;
      readonly canRetry: boolean;
      /** Over the service's limits, whichever model is asked. */
      readonly isTooLarge?: boolean;
    } & Shown);

export type ShownPicture = Exclude<Picture, { kind: "empty" }>;

export interface Shown {
  readonly info: PictureInfo;
  readonly edit: Edit;
  /** Of clicks that wait for their own answers. */
  readonly drafts: readonly Draft[];
  /** Failed tries since it was last ready. */
  readonly tries: number;
  readonly everything: Everything;
}

/** What was found for a click on a draft of the picture. */
export interface Draft {
  readonly sequence: number;
  readonly mask: Mask;
}

export interface PictureInfo {
  /** The page's own number for the file; the file itself stays outside the state. */
  readonly token: number;
  readonly name: string;
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** Unknown until the upload is answered where the page cannot compute digests. */
  readonly imageId: string | undefined;
}

/** Milliseconds of the last click, by stage. */
export interface Latency {
  readonly sequence: number;
  readonly place: Place;
  /** For the connection or the picture, before the click could be worked on. */
  readonly waitMs: number;
  readonly networkMs: number;
  readonly queueMs: number;
  readonly embeddingMs: number;
  readonly decodeMs: number;
  readonly maskMs: number;
  readonly answeredAtMs: number;
  /** From the answer to the mask on the screen; undefined until it is there. */
  readonly drawMs: number | undefined;
}

export const initialState: State = {
  link: { kind: "connecting", attempt: 0 },
  isOffline: false,
  strip: [],
  picture: { kind: "empty" },
  loading: undefined,
  notice: undefined,
  latency: undefined,
  clickAnsweredAtMs: 0,
  nextSequence: 1,
  previewing: firstPreviewing,
  lastEncodeMs: undefined,
  tools: firstTools,
  models: firstModels,
  pointing: noPointing,
  selection: [],
  room: { width: 1, height: 1 },
  viewport: { width: 1, height: 1, scale: 1, left: 0, top: 0 },
  isPanKeyHeld: false,
  isDragging: false,
  takesAddresses: false,
  page: firstPage,
};

/** The masks that lie over the picture, if they do. */
export function overlayOf(picture: Picture): Overlay | undefined {
  if (picture.kind === "empty" || picture.everything.kind === "off") return undefined;
  return picture.everything.open ? picture.everything : undefined;
}
