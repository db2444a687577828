import type { Backend, Size } from "./routing.js";

/** What the page asks of the decoder's worker. */
export type Command =
  /**
   * Fetch, check, and make this picture ready.
   * @property model "" for the usual one.
   * @property service the address of the page's folder: to a worker relative addresses mean its own.
   * @property bearer of whoever is signed in.
   */
  | {
      readonly kind: "start";
      readonly imageId: string;
      readonly model: string;
      readonly size: Size;
      readonly avoidCard: boolean;
      readonly service: string;
      readonly bearer: string | undefined;
    }
  | {
      readonly kind: "prepare";
      readonly imageId: string;
      readonly size: Size;
      readonly bearer: string | undefined;
    }
  /** @property request a SegmentRequest as bytes. */
  | {
      readonly kind: "decode";
      readonly imageId: string;
      readonly sequence: number;
      readonly request: Uint8Array<ArrayBuffer>;
    };

/** What the worker says, in the order of what it was asked, but for what it says unasked. */
export type Report =
  | { readonly kind: "started"; readonly imageId: string; readonly backend: Backend; readonly tookMs: number }
  /** Unasked: all is fetched, and now the graphs are opened and held against the server. */
  | { readonly kind: "opening"; readonly backend: Backend }
  /** Unasked: it takes masks to start from as well. */
  | { readonly kind: "completed" }
  | { readonly kind: "prepared"; readonly imageId: string }
  /** That picture stays with the server. */
  | { readonly kind: "unprepared"; readonly imageId: string }
  /** @property response a SegmentResponse as bytes. */
  | { readonly kind: "decoded"; readonly sequence: number; readonly response: Uint8Array<ArrayBuffer> }
  | { readonly kind: "declined"; readonly sequence: number }
  /** Of no more use. @property message for whoever looks into the browser's console. */
  | { readonly kind: "failed"; readonly message: string };
