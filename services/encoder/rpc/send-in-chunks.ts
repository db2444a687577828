import type { Send } from "../../runtime/grpc/serve.js";

/** Well under the receive limits of gRPC, and few enough that a cancelled call has not sent much. */
const chunkBytes = 512 * 1024;

/** Sends bytes as the contract's chunks, at their reader's pace. @throws the signal's reason. */
export async function sendInChunks(
  bytes: Uint8Array,
  send: Send<{ chunk: Uint8Array }>,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    signal.throwIfAborted();
    await send({ chunk: bytes.subarray(at, at + chunkBytes) });
  }
}
