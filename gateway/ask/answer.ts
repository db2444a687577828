import type { SegmentRequest } from "../../proto/index.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import type { Taken } from "../../services/runtime/callers/quota.js";
import type { EncodeCall } from "../peers/encoders.js";
import type { Region } from "./region.js";

/** A call at the gateway's door, and who wants to hear what is done on the way (R2). */
export interface AskCall extends EncodeCall {
  /** Who asks; without one nothing may be asked that needs a scope. */
  readonly principal?: Principal | undefined;
  /** What `onProgress` told of is over, however it ended, unless the picture is gone: it is as ready as it was. */
  readonly onRecovered?: () => void;
  /** Counts a part's encode against its caller's limit (Q1). @throws ServiceError RESOURCE_EXHAUSTED when none is left. */
  readonly takeEncode?: () => Taken;
  /** Whether its session may have a part of a picture encoded (Z6); left out, a request by itself has its own. */
  readonly takePart?: ((picture: Pick<SegmentRequest, "imageId" | "model">, part: Region) => boolean) | undefined;
  /** It has begun: what came before was the wait for its caller's turn (C12). */
  readonly onTurn?: () => void;
}

/** A layer on the way of a request, or the whole of it: each takes both, and hands both to the next. */
export type Answer<Request, Result> = (request: Request, call: AskCall) => Promise<Result>;
