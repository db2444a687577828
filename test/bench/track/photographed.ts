import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { keepSequence, type MadeFrame } from "./davis-folder.js";

const size = { width: 854, height: 480 };

interface Photo {
  readonly width: number;
  readonly height: number;
  /** RGB, row by row. */
  readonly pixels: Uint8Array;
}

/** A part of a photograph that is laid over others: its pixels and, 0 to 255, how much of each is the object. */
interface Cutout extends Photo {
  readonly shares: Uint8Array;
  /** Middle of the object, and how high it is. */
  readonly x: number;
  readonly y: number;
  readonly high: number;
}

/** Where something is: a point of the source lies at a point of the frame, turned and made so much larger. */
interface Placement {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  /** In degrees. */
  readonly turn?: number;
  readonly mirrored?: boolean;
}

interface Shot {
  readonly name: string;
  /** File of the photograph behind, and the part of it that is seen: its middle in shares of its sides, and how many of its pixels are one. */
  readonly behind: string;
  readonly view: (t: number) => Placement;
  /** Names of COCO's cut-outs, and where they are; object 1 is the first. Those behind others come first. */
  readonly objects: readonly {
    readonly of: string;
    readonly at: (t: number) => Placement;
    readonly uncounted?: true;
  }[];
  /** Of all light. */
  readonly light?: (t: number) => number;
  /** Pixels over which a frame is smeared to the side. */
  readonly smear?: number;
}

const mix = (from: number, to: number, t: number) => from + (to - from) * t;

/** Places are in pixels of the frame, scales in parts of its height. */
const shots: readonly Shot[] = [
  {
    name: "photo-cat-across",
    behind: "groceries.jpg",
    view: (t) => ({ x: mix(0.45, 0.55, t), y: 0.5, scale: 0.75 }),
    objects: [
      {
        of: "cat",
        at: (t) => ({ x: mix(160, 690, t), y: mix(300, 250, t), scale: mix(0.5, 0.62, t), turn: 8 * Math.sin(6 * t) }),
      },
    ],
  },
  {
    name: "photo-bus-nearer",
    behind: "dogs.jpg",
    view: (t) => ({ x: 0.5, y: mix(0.5, 0.42, t), scale: mix(0.7, 0.6, t) }),
    objects: [{ of: "bus", at: (t) => ({ x: mix(250, 520, t), y: mix(200, 270, t), scale: mix(0.25, 0.75, t) }) }],
    light: (t) => mix(1, 0.6, t),
  },
  {
    name: "photo-dog-fast",
    behind: "truck.jpg",
    view: (t) => ({ x: mix(0.35, 0.65, t), y: 0.5, scale: 0.8 }),
    objects: [
      {
        of: "dog",
        at: (t) => ({
          x: mix(80, 780, t),
          y: 330 - 140 * Math.abs(Math.sin(9 * t)),
          scale: 0.36,
          turn: 14 * Math.sin(18 * t),
        }),
      },
    ],
    smear: 11,
  },
  {
    name: "photo-hidden",
    behind: "truck.jpg",
    view: () => ({ x: 0.5, y: 0.5, scale: 0.7 }),
    objects: [
      { of: "dog", at: (t) => ({ x: mix(120, 740, t), y: 330, scale: 0.32 }) },
      { of: "couch", at: () => ({ x: 430, y: 300, scale: 0.62 }), uncounted: true },
    ],
  },
  {
    name: "photo-two-cross",
    behind: "dogs.jpg",
    view: (t) => ({ x: 0.5, y: 0.5, scale: mix(0.6, 0.7, t) }),
    objects: [
      { of: "cat", at: (t) => ({ x: mix(160, 700, t), y: 270, scale: 0.5 }) },
      { of: "dog", at: (t) => ({ x: mix(700, 160, t), y: 330, scale: 0.42, mirrored: true }) },
    ],
    light: (t) => 1 + 0.25 * Math.sin(7 * t),
  },
  {
    name: "photo-shaken",
    behind: "groceries.jpg",
    view: (t) => ({ x: 0.5 + 0.05 * Math.sin(23 * t), y: 0.5 + 0.05 * Math.cos(17 * t), scale: 0.7 }),
    objects: [
      {
        of: "airplane",
        at: (t) => ({
          x: 430 + 120 * Math.sin(5 * t) + 30 * Math.sin(23 * t),
          y: 220 + 40 * Math.cos(17 * t),
          scale: 0.3,
        }),
      },
    ],
    smear: 5,
  },
];

/** Lays cut-outs of photographs over others and moves both; what is there is left. @param photos the folder that `MASKWIRE_TEST_PHOTOS` names. */
export async function photographVideos(folder: string, photos: string, count: number): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(photos, "coco", "manifest.json"), "utf8")) as {
    pairs: { image: string; mask: string; category: string }[];
  };
  const cutouts = new Map<string, Cutout>();
  for (const { image, mask, category } of manifest.pairs) {
    const name = category.replace(" ", "-");
    if (!cutouts.has(name)) cutouts.set(name, await cutoutOf(join(photos, "coco", image), join(photos, "coco", mask)));
  }
  const made = shots.filter(({ objects }) => objects.every(({ of }) => cutouts.has(of)));
  for (const shot of made) {
    const behind = await photoOf(join(photos, shot.behind));
    await keepSequence(folder, shot.name, { ...size, count }, (frame) =>
      expose(shot, behind, cutouts, frame / Math.max(1, count - 1)),
    );
  }
  return made.map(({ name }) => name);
}

function expose(shot: Shot, behind: Photo, cutouts: ReadonlyMap<string, Cutout>, t: number): MadeFrame {
  const { width, height } = size;
  const pixels = new Uint8Array(3 * width * height);
  const ids = new Uint8Array(width * height);
  const colour = new Float64Array(3);
  const { x, y, scale } = shot.view(t);
  const step = (scale * behind.height) / height;
  eachPixel((px, py, at) => {
    sample(behind, x * behind.width + (px - width / 2) * step, y * behind.height + (py - height / 2) * step, colour);
    for (let channel = 0; channel < 3; channel++) pixels[3 * at + channel] = colour[channel]!;
  });
  let number = 0;
  for (const { of, at: placeAt, uncounted } of shot.objects) {
    if (!uncounted) number++;
    const cutout = cutouts.get(of)!;
    const place = placeAt(t);
    const zoom = cutout.high / (place.scale * height);
    const angle = (-(place.turn ?? 0) * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle) * zoom, Math.sin(angle) * zoom];
    eachPixel((px, py, at) => {
      const [dx, dy] = [(px - place.x) * (place.mirrored ? -1 : 1), py - place.y];
      const [sx, sy] = [cutout.x + cos * dx - sin * dy, cutout.y + sin * dx + cos * dy];
      const share = shareAt(cutout, sx, sy);
      if (share < 0.02) return;
      sample(cutout, sx, sy, colour);
      for (let channel = 0; channel < 3; channel++) {
        const one = 3 * at + channel;
        pixels[one] = pixels[one]! * (1 - share) + colour[channel]! * share;
      }
      if (share > 0.5) ids[at] = uncounted ? 0 : number;
    });
  }
  const light = shot.light?.(t) ?? 1;
  return { pixels: smeared(pixels, shot.smear ?? 1).map((value) => Math.min(255, value * light)), ids };
}

function eachPixel(visit: (x: number, y: number, at: number) => void): void {
  for (let y = 0, at = 0; y < size.height; y++) for (let x = 0; x < size.width; x++, at++) visit(x, y, at);
}

/** As a camera that moves to the side does. */
function smeared(pixels: Uint8Array, wide: number): Uint8Array {
  if (wide < 2) return pixels;
  const half = Math.floor(wide / 2);
  const own = new Uint8Array(pixels.length);
  eachPixel((x, y, at) => {
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      for (let d = -half; d <= half; d++) {
        const column = Math.min(Math.max(x + d, 0), size.width - 1);
        sum += pixels[3 * (y * size.width + column) + channel]!;
      }
      own[3 * at + channel] = sum / (2 * half + 1);
    }
  });
  return own;
}

/** Bilinear; mirrored beyond the edges. */
function sample({ width, height, pixels }: Photo, x: number, y: number, out: Float64Array): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const u = x - left;
  const v = y - top;
  const column = 3 * within(left, width);
  const next = 3 * within(left + 1, width);
  const row = 3 * width * within(top, height);
  const below = 3 * width * within(top + 1, height);
  for (let channel = 0; channel < 3; channel++) {
    const upper = pixels[row + column + channel]! * (1 - u) + pixels[row + next + channel]! * u;
    const lower = pixels[below + column + channel]! * (1 - u) + pixels[below + next + channel]! * u;
    out[channel] = upper * (1 - v) + lower * v;
  }
}

function within(at: number, length: number): number {
  const turned = ((at % (2 * length)) + 2 * length) % (2 * length);
  return turned < length ? turned : 2 * length - 1 - turned;
}

function shareAt({ width, height, shares }: Cutout, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) return 0;
  const [u, v] = [x - left, y - top];
  const at = top * width + left;
  const upper = shares[at]! * (1 - u) + shares[at + 1]! * u;
  const lower = shares[at + width]! * (1 - u) + shares[at + width + 1]! * u;
  return (upper * (1 - v) + lower * v) / 255;
}

async function photoOf(path: string): Promise<Photo> {
  const { data, info } = await sharp(path)
    .autoOrient()
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

async function cutoutOf(path: string, maskPath: string): Promise<Cutout> {
  const photo = await photoOf(path);
  const shares = await sharp(maskPath).extractChannel(0).blur(0.8).raw().toBuffer();
  let [left, right, top, bottom] = [photo.width, 0, photo.height, 0];
  for (let at = 0; at < shares.length; at++) {
    if (shares[at]! < 128) continue;
    const [x, y] = [at % photo.width, Math.floor(at / photo.width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  return { ...photo, shares, x: (left + right) / 2, y: (top + bottom) / 2, high: bottom - top + 1 };
}
