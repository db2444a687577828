import { create } from "@bufbuild/protobuf";
import { bitmapToRle, encodeRle, MaskSchema, rleArea, rleBoundingBox } from "../../../proto/index.js";
import type { JobObject } from "../take-away-job.js";
import type { Taken, TakenPicture } from "../taken.js";

/** Objects for tests of what leaves the page. */
export const picture: TakenPicture = { imageId: "sha256:00", name: "two <cats>.jpg", width: 120, height: 80 };

/** @param isIn whether a pixel of the picture belongs to the object. */
export function taken(
  isIn: (x: number, y: number) => boolean,
  about: Partial<Taken> = {},
  { width, height }: Pick<TakenPicture, "width" | "height"> = picture,
): Taken {
  const bitmap = Uint8Array.from({ length: width * height }, (_, at) =>
    isIn(at % width, Math.floor(at / width)) ? 1 : 0,
  );
  const runs = bitmapToRle(bitmap, width, height);
  const mask = create(MaskSchema, {
    rle: encodeRle(runs),
    bbox: rleBoundingBox(runs),
    area: rleArea(runs),
    predictedIou: 0.9,
    stabilityScore: 0.8,
  });
  return {
    id: 1,
    name: "Object 1",
    isNamed: false,
    colour: "#e17174",
    mask,
    runs,
    box: mask.bbox!,
    point: undefined,
    ...about,
  };
}

export const jobObject = (object: Taken): JobObject => {
  const { runs: _, box: _box, ...rest } = object;
  return { ...rest, pixels: undefined };
};

const round = (x: number, y: number, cx: number, cy: number) => Math.hypot(x - cx, y - cy);

/** A ring: an object with a hole. */
export const ring = taken((x, y) => round(x, y, 60, 40) < 30 && round(x, y, 62, 38) > 11, { id: 7 });
/** Cut by the picture's corner. */
export const corner = taken((x, y) => round(x, y, 119, 79) < 25, { id: 8, name: "Cat", isNamed: true });
/** Two parts that touch at a corner only, one of a single pixel. */
export const parts = taken((x, y) => (x >= 10 && x < 40 && y >= 10 && y < 30) || (x === 40 && y === 30), { id: 9 });

/** The pixels whose middles lie in closed lines, by the even-odd rule, row by row. */
export function rasterise(lines: readonly ArrayLike<number>[], { width, height } = picture): Uint8Array {
  const bitmap = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const y = row + 0.5;
    const crossings: number[] = [];
    for (const line of lines) {
      for (let i = 0; i < line.length; i += 2) {
        const [ax, ay] = [line[i]!, line[i + 1]!];
        const [bx, by] = [line[(i + 2) % line.length]!, line[(i + 3) % line.length]!];
        if (ay <= y !== by <= y) crossings.push(ax + ((y - ay) * (bx - ax)) / (by - ay));
      }
    }
    crossings.sort((a, b) => a - b);
    for (let column = 0; column < width; column++) {
      const left = crossings.filter((x) => x <= column + 0.5).length;
      bitmap[row * width + column] = left % 2;
    }
  }
  return bitmap;
}
