import { setImmediate as nextTurn } from "node:timers/promises";

/** Hashed, or copied to memory that is touched for the first time, in one to three milliseconds. */
const stepBytes = 512 * 1024;

/**
 * Runs through bytes a step at a time and lets the event loop go on between two: for work that takes a few milliseconds a
 * megabyte, on files of any size.
 */
export async function inSteps(bytes: Uint8Array, work: (part: Uint8Array) => void): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += stepBytes) {
    if (at > 0) await nextTurn();
    work(bytes.subarray(at, at + stepBytes));
  }
}

/**
 * The chunks as one piece of memory that nothing else uses, copied without holding the event loop up.
 * @param roomBytes left free before them.
 */
export async function joinInSteps(chunks: readonly Uint8Array[], roomBytes = 0): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const whole = new Uint8Array(roomBytes + bytes);
  let at = roomBytes;
  let sinceTurn = 0;
  for (const chunk of chunks) {
    // Small chunks share a step.
    if (sinceTurn + chunk.byteLength > stepBytes) {
      await nextTurn();
      sinceTurn = 0;
    }
    sinceTurn += chunk.byteLength;
    await inSteps(chunk, (part) => {
      whole.set(part, at);
      at += part.byteLength;
    });
  }
  return whole;
}
