/** `@maskwire/client`: pictures, clicks and masks of a Maskwire, for browsers and for Node. */

export {
  type Annotation,
  type BoundingBox,
  bitmapToRle,
  decodeRle,
  encodeRle,
  type ImageInfo,
  type Mask,
  type MaskRuns,
  type Model,
  type Rle,
  rleArea,
  rleToBitmap,
  type SegmentResult,
} from "../../proto/index.js";
export { type ClientOptions, type CutOutOptions, MaskwireClient, type OpenOptions } from "./client.js";
export type { WebSocketConstructor } from "./gateway-at.js";
export type { CutPrompt } from "./http/cut-out.js";
export type { KnownWords } from "./http/known-words.js";
export { MaskwireError } from "./maskwire-error.js";
export { Answer, type Phase, Picture, type Point, type Prompt } from "./picture.js";
export type { Place } from "./session/event.js";
export type { Decoding } from "./session/prompt-way.js";
export type { Finding, SearchTerms } from "./session/searches.js";
export type { Corners, Spot } from "./spot.js";
