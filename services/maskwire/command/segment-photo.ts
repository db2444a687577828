import { readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ImageInfo, type Mask, MaskFormat, type PromptSchema, type SegmentResult } from "../../../proto/index.js";
import { imageIdOf } from "../../runtime/image-id.js";
import { CommandError, usageError } from "./command-error.js";
import { resultAsJson, resultAsText } from "./describe-result.js";
import { GatewayClient, UnknownPictureError, type UploadProgress } from "./gateway-client.js";
import { Notices } from "./notices.js";
import { type BoxValue, numberedPath, type PointValue } from "./parse-values.js";

/** The options of `maskwire segment` as commander hands them over. */
export interface SegmentOptions {
  point?: PointValue[];
  negative?: PointValue[];
  box?: BoxValue;
  out?: string;
  cutout?: string;
  multimask?: true;
  model?: string;
  /** Empty, too, when none is given. */
  url?: string;
  json?: true;
}

/** `maskwire segment PHOTO`: the masks of one prompt. @throws CommandError with the sentence to end with. */
export async function segmentPhoto(photo: string, options: SegmentOptions): Promise<void> {
  const prompt = toPrompt(options);
  const bytes = await readPhoto(photo);
  for (const path of [options.out, options.cutout]) if (path) await checkFolder(path);
  const notices = new Notices();
  const embedded = options.url ? undefined : await startEmbedded(notices);
  try {
    const url = embedded?.url ?? (options.url as string);
    const client = new GatewayClient(url, options.model ?? "");
    const { image, result } = await segment(client, bytes, prompt, options, notices);
    notices.clear();
    const files = await writeMasks(bytes, result.masks, options);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(resultAsJson(image, result))}\n`
        : `${resultAsText(image, result.masks, files)}\n`,
    );
  } finally {
    notices.clear();
    await embedded?.stop();
  }
}

/** @throws CommandError (bad usage) when there is nothing to go by. */
export function toPrompt({ point = [], negative = [], box }: Pick<SegmentOptions, "point" | "negative" | "box">) {
  if (point.length === 0 && !box) {
    throw usageError(
      negative.length === 0
        ? "Say where the object is: --point X,Y (on it) or --box X0,Y0,X1,Y1 (around it)."
        : "--negative only takes parts away; add --point X,Y on the object or --box X0,Y0,X1,Y1 around it.",
    );
  }
  return {
    points: [...point.map((at) => ({ ...at, label: 1 })), ...negative.map((at) => ({ ...at, label: 0 }))],
    ...(box ? { box } : {}),
  } satisfies MessageInitShape<typeof PromptSchema>;
}

async function segment(
  client: GatewayClient,
  bytes: Uint8Array,
  prompt: MessageInitShape<typeof PromptSchema>,
  options: SegmentOptions,
  notices: Notices,
): Promise<{ image: ImageInfo; result: SegmentResult }> {
  const imageId = imageIdOf(bytes);
  const upload = () => client.upload(bytes, (progress) => notices.progress(describe(progress)));
  const ask = () =>
    client.segment({
      imageId,
      prompt,
      formats: options.out ? [MaskFormat.PNG] : [],
      ...(options.multimask ? { multimask: true } : {}),
    });
  const image = (await client.lookup(imageId)) ?? (await upload());
  try {
    return { image, result: await ask() };
  } catch (error) {
    // Known a moment ago and gone from the cache since.
    if (!(error instanceof UnknownPictureError)) throw error;
    return { image: await upload(), result: await ask() };
  }
}

/** @returns for each mask the files that were written of it. */
async function writeMasks(photo: Uint8Array, masks: readonly Mask[], options: SegmentOptions): Promise<string[][]> {
  const files: string[][] = [];
  for (const [index, mask] of masks.entries()) {
    const written: string[] = [];
    if (options.out && mask.png) written.push(await write(numberedPath(options.out, index), mask.png));
    if (options.cutout) {
      // Loaded only here: it is native code, and most calls do without.
      const { cutOut } = await import("./cut-out.js");
      written.push(await write(numberedPath(options.cutout, index), await cutOut(photo, mask)));
    }
    files.push(written);
  }
  return files;
}

function describe(progress: UploadProgress): string {
  if ("stage" in progress) {
    const percent = Math.floor((100 * progress.sent) / Math.max(1, progress.total));
    return `sending the picture: ${percent} %`;
  }
  if (progress.case !== "queued") return "encoding the picture";
  const { position, etaMs } = progress.value;
  return `waiting to be encoded: number ${position} in line, about ${Math.ceil(etaMs / 1000)} s`;
}

async function startEmbedded(notices: Notices) {
  notices.say("no gateway is given (--url or MASKWIRE_URL), so one is started for this picture");
  // Loaded only here: with a gateway elsewhere the command needs no model and no runtime.
  const embedded = await import("./embedded-gateway.js");
  return embedded.startEmbedded(process.env);
}

async function readPhoto(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${fileProblem(error)}.`, 1, error);
  }
}

/** Told before the work and not after it. */
async function checkFolder(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new CommandError(`${path} cannot be written: there is no folder ${dirname(path)}.`);
}

async function write(path: string, data: Uint8Array): Promise<string> {
  try {
    await writeFile(path, data);
    return path;
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${fileProblem(error)}.`, 1, error);
  }
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
    case "EPERM":
      return "permission is denied";
    case "ENOSPC":
      return "the disk is full";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
