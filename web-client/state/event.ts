import type { EncodeEvent, ImageEvent, SegmentResponse, Welcome, Error as WireError } from "../../proto/index.js";
import type { Failure } from "./errors.js";
import type { Corners, Prompts } from "./state.js";

/** What can happen to the page. Time and chance come in as fields, so that `reduce` stays pure. */
export type ClientEvent =
  // From the person
  | { readonly kind: "photo-chosen"; readonly token: number; readonly name: string }
  | { readonly kind: "point"; readonly x: number; readonly y: number; readonly label: 0 | 1; readonly atMs: number }
  | ({ readonly kind: "box"; readonly atMs: number } & Corners)
  | { readonly kind: "clear" }
  | { readonly kind: "undo" }
  | { readonly kind: "redo" }
  | { readonly kind: "candidate"; readonly index: number }
  | { readonly kind: "hover"; readonly x: number; readonly y: number }
  | { readonly kind: "hover-end" }
  | { readonly kind: "retry"; readonly atMs: number }
  | { readonly kind: "dismiss" }
  // From the page itself
  | {
      readonly kind: "photo-loaded";
      readonly token: number;
      readonly width: number;
      readonly height: number;
      readonly bytes: number;
      readonly imageId: string | undefined;
      readonly atMs: number;
    }
  | { readonly kind: "photo-unreadable"; readonly token: number; readonly message: string }
  | { readonly kind: "notice"; readonly message: string }
  | { readonly kind: "timer"; readonly name: TimerName; readonly atMs: number }
  | { readonly kind: "network-back" }
  | { readonly kind: "drawn"; readonly sequence: number; readonly drawMs: number }
  // From the gateway
  | { readonly kind: "socket-closed"; readonly code: number; readonly atMs: number; readonly random: number }
  | { readonly kind: "welcome"; readonly welcome: Welcome; readonly atMs: number }
  | { readonly kind: "image-event"; readonly event: ImageEvent; readonly atMs: number }
  | { readonly kind: "answer"; readonly response: SegmentResponse; readonly atMs: number }
  | { readonly kind: "frame-error"; readonly error: WireError }
  | { readonly kind: "upload-progress"; readonly token: number; readonly sentBytes: number }
  | { readonly kind: "upload-event"; readonly token: number; readonly event: EncodeEvent; readonly atMs: number }
  | {
      readonly kind: "upload-failed";
      readonly token: number;
      readonly failure: Failure;
      readonly atMs: number;
    };

export type TimerName = "reconnect" | "reopen" | "upload" | "resend";

/** What the page is to do; the edges carry it out and report back with events. */
export type Effect =
  | { readonly kind: "connect" }
  | { readonly kind: "load-photo"; readonly token: number }
  | { readonly kind: "open-image"; readonly imageId: string }
  | { readonly kind: "segment"; readonly sequence: number; readonly prompts: Prompts; readonly preview: boolean }
  | { readonly kind: "upload"; readonly token: number }
  | { readonly kind: "stop-upload" }
  | { readonly kind: "timer"; readonly name: TimerName; readonly delayMs: number };

export type EventOf<Kind extends ClientEvent["kind"]> = Extract<ClientEvent, { kind: Kind }>;
