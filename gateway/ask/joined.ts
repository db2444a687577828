import { Code, ServiceError } from "../../services/runtime/errors.js";

/** A file whole, before anybody gets its first byte: an answer that breaks off could not be taken back. @param most bytes of it. */
export async function joined(chunks: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > most) {
      throw new ServiceError({
        code: Code.INTERNAL,
        message: `A file is larger than the ${most} bytes that are handed out.`,
      });
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts, bytes);
}
