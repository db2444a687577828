import { EncodePriority, type EncodeReady } from "../../proto/index.js";
import type { EncodeProgress } from "../peers/encoders.js";
import type { AskCall } from "./answer.js";

/** How a part is encoded: nobody waits for this very one. */
export const inBulk = { priority: EncodePriority.BULK };

/**
 * A part is as much work as a picture, and counts as one (Q1) unless it was there, is refused or is given up before its turn.
 * @param work is to use the call that it is given. @throws ServiceError RESOURCE_EXHAUSTED when the caller's limit holds none;
 *   whatever `work` throws.
 */
export async function countedEncode(
  call: AskCall,
  work: (call: AskCall) => Promise<EncodeReady>,
): Promise<EncodeReady> {
  const taken = call.takeEncode?.();
  let hasBegun = false;
  const onProgress = (progress: EncodeProgress) => {
    hasBegun ||= progress.case === "encoding";
    call.onProgress?.(progress);
  };
  try {
    const ready = await work({ ...call, onProgress });
    if (ready.cached) taken?.correct(-1);
    return ready;
  } catch (error) {
    // Who leaves does not end an encode that has begun.
    if (!call.signal.aborted || !hasBegun) taken?.correct(-1);
    throw error;
  }
}

/**
 * A detector's look at a picture is as much work as a picture, and counts as one (Q1) unless it was there or fails. It goes on when who
 * asked has left.
 * @throws ServiceError RESOURCE_EXHAUSTED when the caller's limit holds none; whatever `look` throws.
 */
export async function countedLook<Result extends { cached: boolean }>(
  call: AskCall,
  look: () => Promise<Result>,
): Promise<Result> {
  const taken = call.takeEncode?.();
  try {
    const found = await look();
    if (found.cached) taken?.correct(-1);
    return found;
  } catch (error) {
    if (!call.signal.aborted) taken?.correct(-1);
    throw error;
  }
}

/**
 * A look that is made at the end of other work, counted before that begins (Q1): who has none left hears it at once. `giveBack` for one
 * that was not begun after all.
 * @returns the call to make it with. @throws ServiceError RESOURCE_EXHAUSTED when the caller's limit holds none.
 */
export function takenAhead(call: AskCall): { call: AskCall; giveBack(): void } {
  const taken = call.takeEncode?.();
  let isOver = false;
  if (!taken) return { call, giveBack: () => {} };
  const takeEncode = () => {
    isOver = true;
    return taken;
  };
  const giveBack = () => {
    if (!isOver) taken.correct(-1);
    isOver = true;
  };
  return { call: { ...call, takeEncode }, giveBack };
}
