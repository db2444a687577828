/** `@maskwire/client/video`: objects followed through the frames of a video. */

export {
  type FrameMasks,
  type FrameRange,
  TrackDirection,
  type TrackedMask,
  TrackState,
} from "../../../proto/index.js";
export { MaskwireError } from "../maskwire-error.js";
export {
  type FrameSource,
  openVideo,
  type RunTerms,
  type ShownObject,
  type ShowObject,
  Video,
  type VideoOptions,
} from "./video.js";
