import type {
  EncodeReady,
  SegmentEverythingEvent,
  SegmentEverythingRequest,
  SegmentRequest,
  SegmentResult,
} from "../../../proto/index.js";
import type { Taken } from "../../runtime/callers/quota.js";
import type { PictureRef } from "../../stores/image-store.js";

/** Whose work it is, and how long it is wanted. */
export interface EngineCall {
  readonly tenant: string | undefined;
  readonly signal: AbortSignal;
  /** Counts an encode against the limits of whoever started the job (Q1). @throws LimitMetError when there is none left. */
  readonly takeEncode?: () => Taken;
}

export interface EngineModel {
  readonly id: string;
  /** Requests that name none are for this one. */
  readonly usual: boolean;
  /** SHA-256 of the encoder's and the decoder's weights, in hex. */
  readonly weights: string;
  /** A prompt may start from a mask. */
  readonly takesMasks: boolean;
}

interface EngineModels {
  /** Of servers that have said which they serve, those that are out of reach among them. */
  readonly known: readonly EngineModel[];
  /** Every server has said so: what is not known is not there. */
  readonly areAll: boolean;
}

/** What makes masks: encoders and decoders, asked so that people go first. Everything throws ServiceErrors. */
export interface Engine {
  /** Has a picture encoded, or finds it encoded. @param file is read when no encoder has it. */
  encode(
    picture: PictureRef & { model: string },
    file: () => AsyncIterable<Uint8Array>,
    call: EngineCall,
  ): Promise<EncodeReady>;
  /** Every object of an encoded picture; `done` is the last. */
  everything(request: SegmentEverythingRequest, call: EngineCall): Promise<AsyncIterable<SegmentEverythingEvent>>;
  segment(request: SegmentRequest, call: EngineCall): Promise<SegmentResult>;
  models(): Promise<EngineModels>;
  /** As in `EngineModel`; empty for one that this process has not been told of. */
  weightsOf(model: string): string;
}
