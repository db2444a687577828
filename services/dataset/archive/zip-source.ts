import { Readable } from "node:stream";
import { getHeapStatistics } from "node:v8";
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  validateFileName,
  type ZipFile,
} from "yauzl";
import { Unreadable } from "../formats/parse/unreadable.js";
import type { Problem, Source, SourceFile } from "../formats/types.js";
import { isLeftBehind } from "./left-behind.js";

/** A file that is read in parts. */
export interface RandomAccess {
  readonly bytes: number;
  /** From `start` to before `end`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

interface ArchiveLimits {
  readonly maxFiles: number;
  /** Unpacked, of all files together. */
  readonly maxBytes: number;
  /** Unpacked by packed, of what unpacks to more than {@link ArchiveLimits.freeBytes}. */
  readonly maxRatio: number;
  readonly freeBytes: number;
}

/** What is kept of each file while an archive is open. */
const bytesOfEntry = 620;
const maxFiles = Math.floor(getHeapStatistics().heap_size_limit / 8 / bytesOfEntry);

const usualLimits: ArchiveLimits = { maxFiles, maxBytes: 2 ** 42, maxRatio: 250, freeBytes: 2 ** 26 };

/**
 * The files of a zip archive, none of which is kept anywhere: each is unpacked while it is read.
 * @throws Unreadable when it is none, or one that unpacks to more than the limits; what reading throws.
 */
export async function openZip(file: RandomAccess, limits: ArchiveLimits = usualLimits): Promise<Source> {
  const reader = new Windowed(file);
  const entries = new Map<string, Entry>();
  const files: SourceFile[] = [];
  const problems: Problem[] = [];
  const zip = await reader.told("The file is no zip archive", async () => {
    const opened = await fromRandomAccessReaderPromise(reader, file.bytes, options);
    for await (const entry of opened.eachEntry()) {
      const path = nameOf(entry);
      if (path.endsWith("/") || isLeftBehind(path)) continue;
      const reason = entries.has(path)
        ? "The archive has this file twice; the first one is read."
        : refusalOf(entry, path);
      if (reason !== undefined) problems.push({ kind: "problem", file: path, line: 0, reason });
      else {
        entries.set(path, slim(entry));
        files.push({ path, bytes: entry.uncompressedSize });
      }
      if (files.length + problems.length > limits.maxFiles) {
        throw new Unreadable(`The archive has more than ${limits.maxFiles} files; divide it.`);
      }
    }
    return opened;
  });
  // From here on it is a file's head now and then.
  reader.ahead = 0;
  checkSizes([...entries.values()], file.bytes, limits);
  return {
    files,
    problems,
    open: (path) => {
      const entry = entries.get(path);
      if (!entry) throw new Error(`not a file of this archive: ${path}`);
      return unpacked(zip, entry, path, reader);
    },
  };
}

/** Names are read here: one that cannot be taken is a problem of its file, and not of the archive. */
const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };

/** Many write UTF-8 without saying so. */
function nameOf({ fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(fileNameRaw).replaceAll("\\", "/");
  } catch {
    return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
  }
}

function refusalOf(entry: Entry, path: string): string | undefined {
  if (validateFileName(path) !== null || path.split("/").includes("..")) return "Its path leads out of the archive.";
  if (/\.(zip|tar|gz|tgz|7z|rar)$/i.test(path)) return "An archive in the archive is not opened; unpack it first.";
  if (entry.isEncrypted()) return "It is encrypted; write the archive without a password.";
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    return "It is packed in a way that few programs know; write the archive with the usual one (deflate).";
  }
  return undefined;
}

/** Without what is not needed any more: there may be a million of them. */
function slim(entry: Entry): Entry {
  const none = Buffer.alloc(0);
  entry.fileNameRaw = none;
  entry.extraFieldRaw = none;
  entry.fileCommentRaw = none;
  entry.extraFields = [];
  return entry;
}

/** By what the archive says: each file is held to it when it is read. */
function checkSizes(entries: readonly Entry[], bytes: number, limits: ArchiveLimits): void {
  let packed = 0;
  let unpackedBytes = 0;
  for (const { compressedSize, uncompressedSize } of entries) {
    packed += compressedSize;
    unpackedBytes += uncompressedSize;
    if (uncompressedSize > limits.freeBytes && uncompressedSize > limits.maxRatio * compressedSize) {
      throw new Unreadable(
        `The archive has a file that unpacks to over ${limits.maxRatio} times its size: it is not read.`,
      );
    }
  }
  // Files that share bytes are how a small archive unpacks to a huge one.
  if (packed > bytes) throw new Unreadable("The archive's files overlap: it is not read.");
  const isOver = unpackedBytes > limits.freeBytes && unpackedBytes > limits.maxRatio * bytes;
  if (isOver || unpackedBytes > limits.maxBytes) {
    throw new Unreadable(
      `The archive unpacks to ${Math.round(unpackedBytes / 2 ** 20)} MiB, which is more than is read.`,
    );
  }
}

async function* unpacked(zip: ZipFile, entry: Entry, path: string, reader: Windowed): AsyncGenerator<Uint8Array> {
  const what = `${path} is damaged in the archive`;
  const stream = await reader.told(what, () => zip.openReadStreamPromise(entry));
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const { done, value } = await reader.told(what, () => chunks.next());
      if (done) return;
      yield value;
    }
  } finally {
    stream.destroy();
  }
}

/** Many small reads of an archive's list of files are few of the store. */
class Windowed extends RandomAccessReader {
  readonly #file: RandomAccess;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;
  /** Read at a time, at least. */
  ahead = 2 ** 20;
  /** The store's own error, which a repeat may mend; the archive's none does. */
  #lost: unknown;

  constructor(file: RandomAccess) {
    super();
    this.#file = file;
  }

  /** What fails with the store fails as that does, everything else with a sentence about the archive. */
  async told<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (this.#lost !== undefined) throw this.#lost;
      if (error instanceof Unreadable) throw error;
      throw new Unreadable(`${what}: ${(error as Error).message}.`);
    }
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    this.#read(buffer, offset, length, position).then(
      () => done(null),
      (error: Error) => done(error),
    );
  }

  async #read(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    if (position < this.#start || position + length > this.#start + this.#window.length) {
      const end = Math.min(this.#file.bytes, position + Math.max(length, this.ahead));
      this.#window = await wholeOf(this.#range(position, end));
      this.#start = position;
    }
    const from = position - this.#start;
    if (this.#window.copy(buffer, offset, from, from + length) < length) throw new Error("it ends too early");
  }

  async *#range(start: number, end: number): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#file.read(start, end);
    } catch (error) {
      this.#lost = error;
      throw error;
    }
  }
}

async function wholeOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
