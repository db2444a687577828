import { imageSize } from "image-size";
import type { FoundPicture, Source } from "../types.js";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a data set says of pictures that a source has annotations of, and no file. */
export type SizeOf = (name: string) => Promise<Size | undefined>;

/** Heads grow with what cameras write into them. */
const heads = [2 ** 16, 2 ** 20, 2 ** 23];

/** A picture's size as it is shown, from the annotations, its file's head, or the data set. */
export async function sizeOfPicture(
  source: Source,
  { file, name, width, height }: FoundPicture,
  sizeOf: SizeOf,
): Promise<Size | undefined> {
  if (width !== undefined && height !== undefined) return { width, height };
  return (file === undefined ? undefined : await sizeInHead(source, file)) ?? sizeOf(name);
}

async function sizeInHead(source: Source, file: string): Promise<Size | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let tried = 0;
  for await (const chunk of source.open(file)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < (heads[tried] ?? 0)) continue;
    const size = sizeIn(Buffer.concat(chunks));
    if (size || ++tried === heads.length) return size;
  }
  return sizeIn(Buffer.concat(chunks));
}

/** Cameras that were held upright say so by a number. */
const firstTurned = 5;

function sizeIn(head: Uint8Array): Size | undefined {
  try {
    const { width, height, orientation = 1 } = imageSize(head);
    if (!(width > 0 && height > 0)) return undefined;
    return orientation >= firstTurned ? { width: height, height: width } : { width, height };
  } catch {
    return undefined;
  }
}
