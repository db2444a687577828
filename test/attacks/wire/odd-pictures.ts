import type { Random } from "../../simulation/random.js";
import { drawScene, fromRaw } from "../../support/pictures.js";
import { mutateBytes, pick, randomBytes } from "./mutate-bytes.js";

/** Small pictures of every format that is offered, in more than one form where formats have them. */
export async function seedPictures(): Promise<Buffer[]> {
  const scene = () => fromRaw(drawScene(96, 64, 3));
  return Promise.all([
    scene().jpeg().toBuffer(),
    scene().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
    scene().png().toBuffer(),
    scene().png({ palette: true, progressive: true }).toBuffer(),
    scene().webp().toBuffer(),
    scene().webp({ lossless: true }).toBuffer(),
    scene().gif().toBuffer(),
    scene().tiff({ compression: "lzw" }).toBuffer(),
    scene().tiff({ compression: "jpeg", tile: true }).toBuffer(),
    scene().avif({ effort: 0 }).toBuffer(),
  ]);
}

/** A picture with something wrong with it: bits, its header, its end, another format's inside, or a tail. */
export function oddPicture(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const picture = pick(random, seeds);
  switch (random.below(6)) {
    case 0:
      return inHeader(picture, random);
    case 1:
      return picture.subarray(0, 1 + random.below(picture.byteLength));
    case 2: {
      const other = pick(random, seeds);
      return Buffer.concat([
        picture.subarray(0, random.below(picture.byteLength)),
        other.subarray(random.below(other.byteLength)),
      ]);
    }
    case 3:
      return Buffer.concat([picture, randomBytes(random, random.below(20_000))]);
    case 4:
      // One that is whole, and new all the same.
      return Buffer.concat([picture, randomBytes(random, 8)]);
    default:
      return mutateBytes(picture, random, 12);
  }
}

/** Sizes, depths, offsets and lengths stand in the first few hundred bytes. */
function inHeader(picture: Uint8Array, random: Random): Uint8Array {
  const changed = Buffer.from(picture);
  const reach = Math.min(300, changed.length - 4);
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(reach);
    const value = pick(random, [0, 1, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 100_000, random.below(2 ** 31)]);
    if (random.below(2) === 0) changed.writeUInt32BE(value, at);
    else changed.writeUInt16LE(value & 0xffff, at);
  }
  return changed;
}
