import { EncodePriority, type EncodeReady } from "../../proto/index.js";
import type { AskCall } from "./answer.js";

/** How a part is encoded: nobody waits for this very one. */
export const inBulk = { priority: EncodePriority.BULK };

/**
 * A part is as much work as a picture, and counts as one (Q1) unless it was there or is refused.
 * @throws ServiceError RESOURCE_EXHAUSTED when the caller's limit holds none; whatever `work` throws.
 */
export async function countedEncode(call: AskCall, work: () => Promise<EncodeReady>): Promise<EncodeReady> {
  const taken = call.takeEncode?.();
  try {
    const ready = await work();
    if (ready.cached) taken?.correct(-1);
    return ready;
  } catch (error) {
    // Who leaves does not end an encode that has begun.
    if (!call.signal.aborted) taken?.correct(-1);
    throw error;
  }
}
