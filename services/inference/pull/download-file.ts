import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { ModelFile } from "../families/model-spec.js";
import { megabytes } from "./disk-space.js";
import { LostError, openSource } from "./open-source.js";
import { PartFile } from "./part-file.js";
import { PullError } from "./pull-error.js";

/** Tries in a row that bring nothing, and the pauses between them. */
const mostTries = 5;
const pauseMs = { first: 500, last: 8000 };

interface DownloadOptions {
  readonly dispatcher: Dispatcher;
  /** Ends it; what has come is kept for the next time. */
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  /** Instead of several. */
  readonly tries?: number;
}

/**
 * A file from an HTTPS server to its place. What an earlier call has brought is not fetched again.
 * @param place that nobody else writes to.
 * @throws PullError when it cannot be had or is another file, of which nothing is kept; the signal's reason.
 */
export async function downloadFile(file: ModelFile, place: string, options: DownloadOptions): Promise<void> {
  await using part = await PartFile.open(place);
  if (part.bytes > file.bytes) await part.restart();
  const { tries = mostTries, signal, onBytes } = options;
  onBytes(part.bytes);
  for (let failed = 0; part.bytes < file.bytes; ) {
    const before = part.bytes;
    try {
      await transfer(file, part, options);
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
      failed = part.bytes > before ? 1 : failed + 1;
      if (failed >= tries) throw new PullError(`${error.message}${kept(part, file)}`, { cause: error });
      await sleep(Math.min(pauseMs.first * 2 ** (failed - 1), pauseMs.last), undefined, { signal });
    }
  }
  await part.finish(file);
}

/** What comes of one request. @throws LostError when that is not the rest. */
async function transfer(
  file: ModelFile,
  part: PartFile,
  { dispatcher, signal, onBytes }: DownloadOptions,
): Promise<void> {
  using source = await openSource(file.source, part.bytes, { dispatcher, signal });
  const { from, totalBytes, body } = source;
  if (totalBytes !== undefined && totalBytes !== file.bytes) {
    await part.discard();
    const message = `${file.source} has ${totalBytes} bytes; the manifest says ${file.bytes}. Nothing of it was kept.`;
    throw new PullError(message);
  }
  if (from < part.bytes) await part.restart();
  for await (const chunk of body) {
    await part.append(chunk);
    onBytes(part.bytes);
    // Whatever comes beyond is another file's: `finish` says so.
    if (part.bytes > file.bytes) return;
  }
  if (part.bytes < file.bytes) throw new LostError(`${new URL(file.source).host} ended the transfer early.`);
}

function kept(part: PartFile, file: ModelFile): string {
  return part.bytes > 0
    ? ` ${megabytes(part.bytes)} of ${megabytes(file.bytes)} are kept: pull again to go on from there.`
    : "";
}
