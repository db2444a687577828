import type {
  ImageEvent,
  SegmentEverythingEvent,
  SegmentResponse,
  Welcome,
  Error as WireError,
} from "../../../proto/index.js";

/** Where prompts are decoded: by the service, or by this program itself. */
export type Place = "server" | "here";

/** What a session says. Time and chance come in as fields, so that what is made of it stays pure. */
export type SessionEvent =
  | { readonly kind: "socket-closed"; readonly code: number; readonly atMs: number; readonly random: number }
  | { readonly kind: "welcome"; readonly welcome: Welcome; readonly atMs: number }
  | { readonly kind: "image-event"; readonly event: ImageEvent; readonly atMs: number }
  | {
      readonly kind: "answer";
      readonly response: SegmentResponse;
      /** Where it was decoded; the server when left out. */
      readonly place?: Place;
      readonly atMs: number;
    }
  | { readonly kind: "everything-event"; readonly event: SegmentEverythingEvent; readonly atMs: number }
  | { readonly kind: "everything-failed"; readonly error: WireError; readonly atMs: number }
  | { readonly kind: "frame-error"; readonly error: WireError };

export type SessionEventOf<Kind extends SessionEvent["kind"]> = Extract<SessionEvent, { kind: Kind }>;
