import type { SegmentRequest, SegmentResult } from "../../../proto/index.js";
import type {
  DraftedState,
  ImageNews,
  OpenedImage,
  OpenState,
  ReadyState,
  RefusedError,
  SessionEffect,
} from "./state.js";

export const send = ({ sequence }: SegmentRequest, result: SegmentResult): SessionEffect => ({
  kind: "send-result",
  sequence,
  result,
});

/** V3 */
export const sketch = ({ sequence }: SegmentRequest, result: SegmentResult): SessionEffect => ({
  kind: "send-draft",
  sequence,
  result,
});

export const refuse = ({ sequence }: SegmentRequest, why: RefusedError): SessionEffect => ({
  kind: "send-error",
  sequence,
  error: why,
});

export const tell = ({ image }: { image: OpenedImage }, news: ImageNews): SessionEffect => ({
  kind: "send-image",
  imageId: image.imageId,
  news,
});

export const tellReady = (state: ReadyState): SessionEffect =>
  tell(state, { case: "ready", value: { ...state.info, cached: true } });

export const tellDraft = (state: DraftedState): SessionEffect => tell(state, { case: "draft", value: state.draft });

export const tellMissing = (state: OpenState): SessionEffect =>
  tell(state, { case: "missing", value: { $typeName: "maskwire.v1.ImageMissing" } });
