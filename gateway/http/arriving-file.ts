import type { FastifyRequest } from "fastify";
import type { UploadBudget } from "../../services/runtime/limits/upload-budget.js";
import type { ArrivingFile } from "../ask/datasets.js";
import type { RatedUpload, UploadRate } from "../callers/upload-rate.js";
import { callerOf } from "./observe-requests.js";
import { announcedBytes, type UploadLimits, uploadedFile } from "./upload-body.js";

export interface ArrivingLimits extends UploadLimits {
  /** What uploads on their way through may take of this process's memory. */
  passing: UploadBudget;
  rate: UploadRate;
}

/** What one takes that is passed on as it arrives: buffers of the connection on both sides. */
const passingBytes = 256 * 1024;

/**
 * Passes a body's file on as it arrives, within budget and rate (H16 to H19).
 * @throws ServiceError as `uploadedFile`; RESOURCE_EXHAUSTED when there is no room for it; whatever `work` throws.
 */
export async function passOn<T>(
  limits: ArrivingLimits,
  request: FastifyRequest,
  work: (file: ArrivingFile) => Promise<T>,
): Promise<T> {
  const { key: caller = "", tenant } = callerOf(request) ?? {};
  const held = limits.passing.begin({ caller, tenant });
  let rated: RatedUpload | undefined;
  try {
    held.grow(passingBytes);
    const announced = Math.min(announcedBytes(request), limits.maxImageBytes);
    rated = limits.rate.begin(caller, announced);
    const { arrived } = rated;
    let came = 0;
    const onArrived = (more: number) => {
      came += more;
      arrived(more);
    };
    const bytes = await uploadedFile(request, { ...limits, onArrived });
    const answer = await work({ bytes, announcedBytes: announced, arrivedBytes: () => came });
    // H8: what is known already may still be arriving, and is not needed.
    if (!request.raw.complete) request.raw.resume();
    return answer;
  } finally {
    held.release();
    rated?.end();
  }
}
