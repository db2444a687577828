import { readSync, writeSync } from "node:fs";
import { describeError, isInternal } from "../../runtime/errors.js";
import { planCut } from "../images/cut-out.js";
import { checkCrop, openPicture, type Picture } from "../images/open-picture.js";
import { imageTooLarge } from "../images/picture-errors.js";
import { fitPixels } from "../images/preprocess.js";
import { type Frame, FrameReader, frameParts } from "./frames.js";
import {
  type CutRequest,
  type FromProcess,
  mostMadeBytes,
  type ReadRequest,
  type ToProcess,
} from "./picture-protocol.js";

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
    const came = request.inFile === undefined ? body : takeFromFile(request.inFile);
    const { data, read } = "cut" in request ? await cutFrom(request, came) : await frameOf(request, came);
    const inFile = leaveInFile(data);
    write({ kind: "done", read, inFile }, inFile === undefined ? [data] : []);
  } catch (error) {
    const stack = isInternal(error) && error instanceof Error ? error.stack : undefined;
    write({ kind: "failed", error: describeError(error), stack });
  }
}

/** What is sent back: bytes, and whose they are. */
type Answer = Pick<Extract<FromProcess, { kind: "done" }>, "read"> & { data: Uint8Array };

async function frameOf({ limits, rules, crop }: ReadRequest, file: Uint8Array): Promise<Answer> {
  const picture = await openPicture(file, limits);
  if (crop) checkCrop(crop, picture);
  await roomFor(picture, file.byteLength);
  const { data, ...pixels } = await fitPixels(picture, rules, crop);
  const { width, height, reading } = picture;
  return { data, read: { picture: { width, height, reading }, pixels } };
}

async function cutFrom({ limits, cut: { countsBytes, ...size } }: CutRequest, came: Uint8Array): Promise<Answer> {
  const file = came.subarray(0, came.byteLength - countsBytes);
  const counts = Buffer.from(came.subarray(file.byteLength)).toString("latin1");
  const picture = await openPicture(file, limits);
  const { bytes, make } = planCut(picture, { ...size, counts }, limits);
  await roomFor(picture, came.byteLength + bytes);
  const data = await make();
  if (data.byteLength <= mostMadeBytes) return { data };
  throw imageTooLarge(`What is cut out takes ${data.byteLength} bytes; at most ${mostMadeBytes} are sent.`);
}

/** Waits until there is room for what decoding a picture takes, and so many bytes besides. */
function roomFor({ decodeBytes }: Picture, besides: number): Promise<void> {
  return new Promise((resolve) => {
    decode = resolve;
    write({ kind: "cost", bytes: decodeBytes + besides });
  });
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
