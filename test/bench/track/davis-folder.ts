import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { Sequence, SequenceFrame } from "./sequence.js";

const pictures = join("JPEGImages", "480p");
const annotations = join("Annotations", "480p");
const fileOf = (frame: number, ending: string) => `${String(frame).padStart(5, "0")}.${ending}`;

/** Names of the sequences in a folder of DAVIS's layout. */
export async function sequenceNames(folder: string): Promise<string[]> {
  const there = existsSync(join(folder, pictures)) ? await readdir(join(folder, pictures)) : [];
  return there.filter((name) => existsSync(join(folder, annotations, name))).sort();
}

/**
 * Reads a sequence. Objects are the colours of its first annotation but black, by their brightness: of DAVIS-2016 white, of DAVIS-2017 those of its palette.
 * @param most frames.
 */
export async function readSequence(folder: string, name: string, { most }: { most: number }): Promise<Sequence> {
  const files = (await readdir(join(folder, pictures, name))).filter((file) => /\.jpe?g$/.test(file)).sort();
  const frames: SequenceFrame[] = [];
  let colours: number[] | undefined;
  let [width, height] = [0, 0];
  for (let at = 0; at < files.length && frames.length < most; at++) {
    const file = files[at]!;
    const bytes = await readFile(join(folder, pictures, name, file));
    const mask = join(folder, annotations, name, file.replace(/\.jpe?g$/, ".png"));
    const { data, info } = await sharp(await readFile(mask))
      .removeAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    [width, height] = [info.width, info.height];
    const codes = Array.from({ length: width * height }, (_, pixel) => {
      const place = pixel * info.channels;
      return info.channels < 3
        ? data[place]! * 0x10101
        : (data[place]! << 16) | (data[place + 1]! << 8) | data[place + 2]!;
    });
    colours ??= [...new Set(codes)].filter((code) => code > 0).sort((a, b) => a - b);
    const known = colours;
    frames.push({ bytes, ids: Uint8Array.from(codes, (code) => known.indexOf(code) + 1) });
  }
  return { name, width, height, frames, objects: colours?.length ?? 0 };
}

/** One frame of a video that is made. */
export interface MadeFrame {
  /** RGB, row by row. */
  readonly pixels: Uint8Array;
  readonly ids: Uint8Array;
}

/** Writes a sequence, once: what is there is left. */
export async function keepSequence(
  folder: string,
  name: string,
  { width, height, count }: { width: number; height: number; count: number },
  make: (frame: number) => MadeFrame | Promise<MadeFrame>,
): Promise<void> {
  const [photos, masks] = [join(folder, pictures, name), join(folder, annotations, name)];
  if (existsSync(photos)) return;
  // Under another name until all of it is there; what was ended goes on.
  const making = `${photos}.making`;
  await mkdir(making, { recursive: true });
  await mkdir(masks, { recursive: true });
  for (let frame = 0; frame < count; frame++) {
    if (existsSync(join(making, fileOf(frame, "jpg")))) continue;
    const { pixels, ids } = await make(frame);
    const shades = ids.map((id) => (id === 0 ? 0 : 20 + 40 * id));
    await sharp(shades, { raw: { width, height, channels: 1 } })
      .png()
      .toFile(join(masks, fileOf(frame, "png")));
    const picture = sharp(pixels, { raw: { width, height, channels: 3 } });
    await writeFile(join(making, fileOf(frame, "jpg")), await picture.jpeg({ quality: 92 }).toBuffer());
  }
  await rename(making, photos);
}
