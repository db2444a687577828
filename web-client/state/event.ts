import type { EncodeEvent, MaskOperation, Rle } from "../../proto/index.js";
import type { Corners, Region } from "../geometry/spot.js";
import type { Place, SessionEvent } from "../sdk/session/event.js";
import type { Prompts } from "../sdk/session/prompts.js";
import type { Failure } from "./errors.js";
import type { FoundStep } from "./found.js";
import type { LookingEvent } from "./looking.js";
import type { ModelsEvent } from "./models.js";
import type { PageEvent } from "./page.js";
import type { PointingEvent } from "./pointing.js";
import type { SelectionEvent } from "./selection.js";
import type { ToolsEvent } from "./tools.js";
import type { SceneObject, Work } from "./work.js";

/** What can happen to the page. Time and chance come in as fields, so that `reduce` stays pure. */
export type ClientEvent =
  // From the person
  | PointingEvent
  | ToolsEvent
  | LookingEvent
  | SelectionEvent
  | ModelsEvent
  /** A picture for the canvas. */
  | { readonly kind: "picture-chosen"; readonly token: number; readonly name: string }
  /** A picture for the strip, prepared while others are worked on. */
  | { readonly kind: "picture-added"; readonly token: number; readonly name: string }
  /** From the strip to the canvas. */
  | { readonly kind: "picture-opened"; readonly token: number }
  | { readonly kind: "picture-removed"; readonly token: number }
  /** The one of the strip before the one on the canvas or after it, round and round. */
  | { readonly kind: "neighbour-opened"; readonly by: 1 | -1 }
  | { readonly kind: "point"; readonly x: number; readonly y: number; readonly label: 0 | 1; readonly atMs: number }
  | {
      readonly kind: "point-moved";
      readonly index: number;
      readonly x: number;
      readonly y: number;
      readonly atMs: number;
    }
  | { readonly kind: "point-removed"; readonly index: number; readonly atMs: number }
  | ({ readonly kind: "box"; readonly atMs: number } & Corners)
  /** What a brush or a lasso covered, in pixels of the picture: laid to the current object or taken from it. */
  | {
      readonly kind: "painted";
      readonly tool: "brush" | "lasso";
      readonly rle: Rle;
      readonly operation: MaskOperation;
      readonly atMs: number;
    }
  | { readonly kind: "clear" }
  | { readonly kind: "undo" }
  | { readonly kind: "redo" }
  | { readonly kind: "candidate"; readonly index: number }
  /** The next one or the one before, round and round. */
  | { readonly kind: "candidate-stepped"; readonly by: 1 | -1 }
  /** Finished objects that come from elsewhere; those of the same ids are replaced, and those that are gone go. */
  | {
      readonly kind: "objects-laid";
      readonly token: number;
      readonly objects: readonly SceneObject[];
      readonly gone?: readonly number[];
    }
  /** The current object is finished. */
  | { readonly kind: "object-kept" }
  | { readonly kind: "object-edited"; readonly id: number }
  | { readonly kind: "object-removed"; readonly id: number }
  | { readonly kind: "object-renamed"; readonly id: number; readonly name: string }
  | { readonly kind: "object-recoloured"; readonly id: number; readonly colour: number }
  | { readonly kind: "object-moved"; readonly id: number; readonly to: number }
  | { readonly kind: "object-shown"; readonly id: number; readonly visible: boolean }
  | {
      readonly kind: "objects-combined";
      readonly id: number;
      readonly otherId: number;
      readonly operation: MaskOperation;
    }
  | { readonly kind: "hover"; readonly x: number; readonly y: number; readonly atMs: number }
  | { readonly kind: "hover-end" }
  /** The button or the finger is down where a click will be, if nothing else comes of it. */
  | { readonly kind: "press"; readonly x: number; readonly y: number; readonly label: 0 | 1; readonly atMs: number }
  | { readonly kind: "escape" }
  /** From the start, whatever was found before. */
  | { readonly kind: "everything-begin"; readonly atMs: number }
  /** The same for what words say. */
  | { readonly kind: "words-asked"; readonly words: string; readonly atMs: number }
  | { readonly kind: "everything-cancel" }
  /** Shows what was found or puts it aside; begins where there is nothing. */
  | { readonly kind: "everything-toggle"; readonly atMs: number }
  | { readonly kind: "everything-step"; readonly to: FoundStep }
  /** The highlighted mask. */
  | { readonly kind: "everything-take" }
  /** Every mask that words have found, each a finished object. */
  | { readonly kind: "everything-take-all" }
  | { readonly kind: "retry"; readonly atMs: number }
  | { readonly kind: "dismiss" }
  // From the page itself
  | PageEvent
  /** What an earlier visit left behind. */
  | {
      readonly kind: "restored";
      readonly pictures: readonly { readonly token: number; readonly name: string; readonly work: Work | undefined }[];
      /** The one that was on the canvas. */
      readonly active: number | undefined;
      readonly nextSequence: number;
      readonly atMs: number;
    }
  | {
      readonly kind: "picture-loaded";
      readonly token: number;
      readonly width: number;
      readonly height: number;
      readonly bytes: number;
      readonly imageId: string | undefined;
      readonly atMs: number;
    }
  /** One that was added has been read, and goes no further than the strip. */
  | {
      readonly kind: "picture-read";
      readonly token: number;
      readonly width: number;
      readonly height: number;
      readonly bytes: number;
      readonly imageId: string | undefined;
    }
  | { readonly kind: "picture-unreadable"; readonly token: number; readonly message: string }
  | { readonly kind: "notice"; readonly message: string }
  | {
      readonly kind: "timer";
      readonly name: TimerName;
      readonly atMs: number;
      /** When the gateway said something last, or was asked for the picture. */
      readonly heardAtMs?: number;
    }
  | { readonly kind: "network-lost" }
  | { readonly kind: "network-back" }
  | { readonly kind: "drawn"; readonly sequence: number; readonly drawMs: number }
  /** Previews are answered from elsewhere now. */
  | { readonly kind: "decoding-moved"; readonly place: Place }
  // From the gateway
  | SessionEvent
  | { readonly kind: "upload-progress"; readonly token: number; readonly sentBytes: number }
  | { readonly kind: "upload-event"; readonly token: number; readonly event: EncodeEvent; readonly atMs: number }
  | {
      readonly kind: "upload-failed";
      readonly token: number;
      readonly failure: Failure;
      readonly atMs: number;
    }
  | { readonly kind: "preparing-progress"; readonly token: number; readonly sentBytes: number }
  | { readonly kind: "preparing-event"; readonly token: number; readonly event: EncodeEvent }
  | {
      readonly kind: "preparing-failed";
      readonly token: number;
      readonly failure: Failure;
      readonly atMs: number;
    };

export type TimerName = "reconnect" | "reopen" | "upload" | "resend" | "silence" | "prepare";

/** What the page is to do; the edges carry it out and report back with events. */
export type Effect =
  | { readonly kind: "connect" }
  /** For the canvas. */
  | { readonly kind: "load-picture"; readonly token: number }
  /** For the strip. */
  | { readonly kind: "read-picture"; readonly token: number }
  | { readonly kind: "forget-picture"; readonly token: number }
  /** Has a picture of the strip encoded ahead; one at a time. */
  | { readonly kind: "prepare"; readonly token: number }
  | { readonly kind: "stop-preparing" }
  /** @property model undefined for the service's usual one. */
  | { readonly kind: "open-image"; readonly imageId: string; readonly model: string | undefined }
  | {
      readonly kind: "segment";
      readonly sequence: number;
      readonly prompts: Prompts;
      readonly preview: boolean;
      /** What is seen of the picture, where masks are to be made finer. */
      readonly view?: Region | undefined;
    }
  | {
      readonly kind: "everything";
      readonly imageId: string;
      readonly smallestRegionPx: number;
      readonly words: string | undefined;
    }
  | { readonly kind: "cancel-everything" }
  /** Nothing comes over this connection any more, whatever the browser believes. */
  | { readonly kind: "disconnect" }
  | { readonly kind: "upload"; readonly token: number }
  | { readonly kind: "stop-upload" }
  /** It was refused: nothing of it is to be sent, asked for or not. */
  | { readonly kind: "refuse-upload"; readonly token: number }
  | { readonly kind: "timer"; readonly name: TimerName; readonly delayMs: number };

export type EventOf<Kind extends ClientEvent["kind"]> = Extract<ClientEvent, { kind: Kind }>;
