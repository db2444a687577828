import type { FileChunk } from "../../../proto/index.js";
import type { Send } from "../../runtime/grpc/serve.js";

/** What is told of a file with its first chunk. */
interface SentFile {
  readonly bytes: number;
  readonly mediaType: string;
  readonly name: string;
}

type Chunk = Partial<Pick<FileChunk, "chunk" | "bytes" | "mediaType" | "name">>;

/** Contract: chunks of at most 1 MiB. */
const chunkBytes = 512 * 1024;

/** A file from an offset on, as fast as it is taken. @param length 0: to its end. */
export async function sendFile(
  { bytes, mediaType, name }: SentFile,
  open: (range: { start: number; end: number }) => AsyncIterable<Uint8Array>,
  { offset, length }: { offset: bigint; length: bigint },
  send: Send<Chunk>,
  signal: AbortSignal,
): Promise<void> {
  const start = Number(offset);
  const end = length === 0n ? bytes : Math.min(bytes, start + Number(length));
  let told: Chunk = { bytes: BigInt(bytes), mediaType, name };
  if (start < end) {
    for await (const piece of open({ start, end })) {
      for (let at = 0; at < piece.byteLength; at += chunkBytes) {
        signal.throwIfAborted();
        await send({ ...told, chunk: piece.subarray(at, at + chunkBytes) });
        told = {};
      }
    }
  }
  // Of an empty one, too, it is told what it is.
  if (told.bytes !== undefined) await send(told);
}
