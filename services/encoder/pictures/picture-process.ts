import { readSync, writeSync } from "node:fs";
import { describeError, isInternal } from "../../runtime/errors.js";
import { checkCrop, openPicture } from "../images/open-picture.js";
import { fitPixels } from "../images/preprocess.js";
import { type Frame, FrameReader, frameParts } from "./frames.js";
import type { FromProcess, ToProcess } from "./picture-protocol.js";

/*
 * Entry of a picture process: reads one picture after another, from its standard input to its standard output. It is
 * started with nothing but that, and may be ended at any time.
 */

/** The largest upload that settings allow. */
const mostFileBytes = 0xffff_ffff;

// Who started it is gone: so is the reason for whatever is under way, and for nothing that runs natively there is another end.
process.stdin.on("close", () => process.kill(process.pid, "SIGKILL"));

/** Where pixels are left, and where pictures' files are laid, when there are such files. */
const [pixelFile, pictureFile] = process.argv.slice(2).map(Number);

let decode: () => void = () => {};
const frames = new FrameReader<ToProcess>(({ message, body }: Frame<ToProcess>) => {
  if (message.kind === "decode") decode();
  else void answer(message, body);
}, mostFileBytes);
process.stdin.on("data", (chunk: Buffer) => frames.push(chunk));
write({ kind: "ready" });

type Read = Extract<ToProcess, { kind: "read" }>;

async function answer(request: Read, body: Uint8Array): Promise<void> {
  try {
    const file = request.inFile === undefined ? body : takeFromFile(request.inFile);
    const picture = await openPicture(file, request.limits);
    if (request.crop) checkCrop(request.crop, picture);
    const allowed = new Promise<void>((resolve) => {
      decode = resolve;
    });
    write({ kind: "cost", bytes: picture.decodeBytes + file.byteLength });
    await allowed;
    const { data, ...pixels } = await fitPixels(picture, request.rules, request.crop);
    const { width, height, reading } = picture;
    const inFile = leaveInFile(data);
    const done = { kind: "done", picture: { width, height, reading }, pixels, inFile } as const;
    write(done, inFile === undefined ? [data] : []);
  } catch (error) {
    const stack = isInternal(error) && error instanceof Error ? error.stack : undefined;
    write({ kind: "failed", error: describeError(error), stack });
  }
}

/** @throws Error when there is less than was said. */
function takeFromFile(bytes: number): Uint8Array {
  const file = Buffer.allocUnsafeSlow(bytes);
  for (let at = 0; at < bytes; ) {
    const count = pictureFile === undefined ? 0 : readSync(pictureFile, file, at, bytes - at, at);
    if (count === 0) throw new Error("a picture's file is shorter than was said");
    at += count;
  }
  return file;
}

/** @returns undefined when the pixels are not there: nobody gave a file, or the memory that it lies in is full. */
function leaveInFile(pixels: Uint8Array): number | undefined {
  if (pixelFile === undefined) return undefined;
  try {
    for (let at = 0; at < pixels.byteLength; ) at += writeSync(pixelFile, pixels, at, pixels.byteLength - at, at);
    return pixels.byteLength;
  } catch {
    return undefined;
  }
}

function write(message: FromProcess, body?: readonly Uint8Array[]): void {
  for (const part of frameParts(message, body)) {
    for (let at = 0; at < part.byteLength; ) at += writeSome(part, at);
  }
}

/** Standard output may be a pipe that does not wait. */
function writeSome(part: Uint8Array, at: number): number {
  try {
    return writeSync(1, part, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
