import { imageIdOf } from "../../services/runtime/image-id.js";
import { jpegScene } from "../support/pictures.js";

/** A picture that people open. */
export interface Picture {
  readonly name: string;
  readonly bytes: Buffer;
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
}

const width = 640;
const height = 480;

/** Pictures that all show the same objects in the same places, each with colours and an id of its own. */
export async function drawAlbum(count: number, firstSeed: number): Promise<Picture[]> {
  const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);
  return Promise.all(
    seeds.map(async (seed) => {
      const bytes = await jpegScene(width, height, seed);
      return { name: `scene ${seed}`, bytes, imageId: imageIdOf(bytes), width, height };
    }),
  );
}
