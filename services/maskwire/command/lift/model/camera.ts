/** Where something lies in a picture, in COLMAP's pixels: (0, 0) is the corner of the first one, whose middle is at 0.5. */
export interface Pixel {
  readonly x: number;
  readonly y: number;
}

export interface Camera {
  readonly width: number;
  readonly height: number;
  readonly focal: Pixel;
  readonly centre: Pixel;
  /** Radial of the second and fourth power, and tangential, as OpenCV has them; 0 of models without. */
  readonly k1: number;
  readonly k2: number;
  readonly p1: number;
  readonly p2: number;
}

/** From the world to a camera: `turn` (row by row) times a point, plus `shift`; x is right, y down, z ahead. */
export interface Pose {
  readonly turn: readonly number[];
  readonly shift: readonly number[];
}

/** A pixel, and how far ahead of the camera. */
interface Projected extends Pixel {
  readonly depth: number;
}

type Lens = Omit<Camera, "width" | "height">;
const lens = (fx: number, fy: number, x: number, y: number, k1 = 0, k2 = 0, p1 = 0, p2 = 0): Lens => ({
  focal: { x: fx, y: fy },
  centre: { x, y },
  k1,
  k2,
  p1,
  p2,
});

/** COLMAP's camera models that are read: how many parameters each has, and what they are. */
const lenses: Readonly<Record<string, { count: number; of: (values: readonly number[]) => Lens }>> = {
  SIMPLE_PINHOLE: { count: 3, of: ([f = 0, x = 0, y = 0]) => lens(f, f, x, y) },
  PINHOLE: { count: 4, of: ([fx = 0, fy = 0, x = 0, y = 0]) => lens(fx, fy, x, y) },
  SIMPLE_RADIAL: { count: 4, of: ([f = 0, x = 0, y = 0, k = 0]) => lens(f, f, x, y, k) },
  RADIAL: { count: 5, of: ([f = 0, x = 0, y = 0, k1 = 0, k2 = 0]) => lens(f, f, x, y, k1, k2) },
  OPENCV: {
    count: 8,
    of: ([fx = 0, fy = 0, x = 0, y = 0, ...distortion]) => lens(fx, fy, x, y, ...distortion),
  },
};

export const cameraModels: readonly string[] = Object.keys(lenses);

/** @returns undefined for a model that is not read. */
export const parametersOf = (model: string): number | undefined =>
  Object.hasOwn(lenses, model) ? lenses[model]?.count : undefined;

/** @param values as many as `parametersOf` says. */
export function cameraOf(model: string, width: number, height: number, values: readonly number[]): Camera {
  const known = lenses[model];
  if (!known) throw new RangeError(`no camera model ${model}`);
  return { width, height, ...known.of(values) };
}

/** A unit quaternion (w first) and a shift -> the pose; the quaternion may be of any length but 0. */
export function poseOf(quaternion: readonly number[], shift: readonly number[]): Pose {
  const size = Math.hypot(...quaternion);
  const [w = 1, x = 0, y = 0, z = 0] = quaternion.map((one) => one / size);
  const turn = [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
  return { turn, shift };
}

/**
 * Where a point of the world is seen. @returns undefined when it lies behind the camera, beyond the picture's edges, or so far
 * out that the distortion would fold it back into the picture.
 */
export function project(camera: Camera, { turn, shift }: Pose, x: number, y: number, z: number): Projected | undefined {
  const along = (row: number) =>
    turn[3 * row]! * x + turn[3 * row + 1]! * y + turn[3 * row + 2]! * z + (shift[row] as number);
  const depth = along(2);
  if (!(depth > 1e-9)) return undefined;
  const [u, v] = [along(0) / depth, along(1) / depth];
  const { focal, centre, k1, k2, p1, p2, width, height } = camera;
  const square = u * u + v * v;
  // The derivative of the radius: where it is not above 0 farther out comes nearer.
  if (!(1 + 3 * k1 * square + 5 * k2 * square * square > 0)) return undefined;
  const radial = 1 + k1 * square + k2 * square * square;
  const seenX = focal.x * (u * radial + 2 * p1 * u * v + p2 * (square + 2 * u * u)) + centre.x;
  const seenY = focal.y * (v * radial + 2 * p2 * u * v + p1 * (square + 2 * v * v)) + centre.y;
  return seenX >= 0 && seenX < width && seenY >= 0 && seenY < height ? { x: seenX, y: seenY, depth } : undefined;
}
