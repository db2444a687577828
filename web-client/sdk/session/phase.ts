import type { ImageInfo } from "../../../proto/index.js";

/** How far the service is with a picture. */
export type Phase =
  /** It is asked whether it has it, as soon as it is reached. `resting`: it failed, and is asked again in a moment. */
  | { readonly kind: "opening"; readonly resting?: boolean }
  | { readonly kind: "uploading"; readonly sentBytes: number; readonly bytes: number }
  | { readonly kind: "queued"; readonly position: number; readonly etaMs: number }
  /** `hasDraft`: hovers are answered already. */
  | { readonly kind: "encoding"; readonly hasDraft: boolean }
  | { readonly kind: "ready"; readonly image: ImageInfo }
  /** It will not come to anything: what was asked about it has been told why. */
  | { readonly kind: "refused" };
