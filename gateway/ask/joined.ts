import { Code, ServiceError } from "../../services/runtime/errors.js";

/** The largest embedding of the models there are is of 16 MiB. */
const maxEmbeddingBytes = 32 * 1024 * 1024;

/** An embedding whole, before anybody gets its first byte: an answer that breaks off could not be taken back. */
export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > maxEmbeddingBytes) {
      throw new ServiceError({ code: Code.INTERNAL, message: "The embedding is larger than any that is handed out." });
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts, bytes);
}
