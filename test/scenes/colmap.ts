import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { Camera, type Ray } from "./camera.js";
import { type ObjectIds, objectIds } from "./object-ids.js";
import { picture } from "./picture.js";
import type { Scene } from "./scene.js";
import { cross, length, normalise, subtract, type Vec3 } from "./vector.js";
import { nearest, type World } from "./world.js";

/*
 * A scene from several places, as COLMAP would have it: pictures, and a text model whose points were found in some of them. What
 * is true of pixels and points is known.
 */

interface SetOptions {
  readonly width: number;
  readonly height: number;
  /** Rays a pixel, a power of two. */
  readonly samples: number;
  /** Pictures on an arc around the scene, and how wide that is, in degrees. */
  readonly views: number;
  readonly arc: number;
  /** Points to every side of a picture that are looked at. */
  readonly points: number;
  /** What the cameras look at, from how far and how high. */
  readonly look: { readonly target: Vec3; readonly distance: number; readonly height: number };
  readonly onView?: (done: number) => void;
}

interface KnownView {
  readonly name: string;
  readonly truth: ObjectIds;
}

export interface KnownSet {
  readonly views: readonly KnownView[];
  /** Of each point in the model's order, the name of its object; empty for scenery. */
  readonly pointObjects: readonly string[];
}

/** COLMAP's OPENCV: a little of a barrel, and a lens that is not quite straight. */
const distortion = { k1: -0.08, k2: 0.02, p1: 0.001, p2: -0.0015 };
const degrees = 27;
/** The share of the pictures that show a point in which it is found; fewer than three are no point. */
const foundShare = 0.6;
const leastFound = 3;
/** Off the surface, in units of the scene. */
const noise = 0.004;

/** Writes `images/` and `sparse/0/` into the folder. */
export async function writeColmapSet(folder: string, scene: Scene, options: SetOptions): Promise<KnownSet> {
  const { width, height, samples, views: count, arc, points: grid, look, onView } = options;
  const world = scene.build();
  const { target, distance } = look;
  const views = Array.from({ length: count }, (_, at) => {
    const angle = ((at / Math.max(1, count - 1) - 0.5) * arc * Math.PI) / 180;
    // Not on one height: as by hand.
    const eye: Vec3 = [
      target[0] + distance * Math.sin(angle),
      look.height + 0.06 * distance * Math.sin(2.1 * at),
      target[2] + distance * Math.cos(angle),
    ];
    const camera = new DistortedCamera(eye, target, width, height);
    return { name: `view-${String(at).padStart(2, "0")}.png`, camera, world: { ...world, camera } };
  });
  await mkdir(join(folder, "images"), { recursive: true });
  await mkdir(join(folder, "sparse", "0"), { recursive: true });
  const known: KnownView[] = [];
  for (const { name, world } of views) {
    const pixels = picture(world, width, height, samples);
    const file = join(folder, "images", name);
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(file);
    known.push({ name, truth: objectIds(world, width, height) });
    onView?.(known.length);
  }
  const random = randomFrom(11);
  const found: { place: Vec3; body: number; seenIn: number[] }[] = [];
  for (const { camera } of views) {
    for (let at = 0; at < grid * grid; at++) {
      const x = ((at % grid) + random()) * (width / grid);
      const y = (Math.floor(at / grid) + random()) * (height / grid);
      const hit = meet(world, camera, x, y, width, height);
      if (!hit) continue;
      const shown = views.flatMap((view, index) =>
        isShown(view.world, view.camera, hit, width, height) ? [index] : [],
      );
      const seenIn = shown.filter(() => random() < foundShare);
      if (seenIn.length < leastFound) continue;
      const place = hit.place.map((one) => one + noise * (random() + random() + random() - 1.5)) as unknown as Vec3;
      found.push({ place, body: hit.body, seenIn });
    }
  }
  await writeModel(join(folder, "sparse", "0"), views, found);
  return { views: known, pointObjects: found.map(({ body }) => world.bodies[body]?.name ?? "") };
}

interface Hit {
  readonly body: number;
  readonly place: Vec3;
}

function meet(world: World, camera: Camera, x: number, y: number, width: number, height: number): Hit | undefined {
  const ray: Ray = { x: 0, y: 0, z: 0, dx: 0, dy: 0, dz: 0 };
  const hit = { t: 0, body: -1 };
  camera.aim(x, y, width, height, 0.5, 0.5, ray);
  nearest(world, ray.x, ray.y, ray.z, ray.dx, ray.dy, ray.dz, hit);
  if (hit.body < 0) return undefined;
  return { body: hit.body, place: [ray.x + ray.dx * hit.t, ray.y + ray.dy * hit.t, ray.z + ray.dz * hit.t] };
}

/** The camera's own ray there ends at the point. */
function isShown(world: World, camera: DistortedCamera, { place }: Hit, width: number, height: number): boolean {
  const at = camera.project(place);
  if (!at || at.x < 1 || at.y < 1 || at.x >= width - 1 || at.y >= height - 1) return false;
  const met = meet(world, camera, at.x, at.y, width, height);
  return met !== undefined && length(subtract(met.place, place)) < 0.03;
}

/** A camera whose pictures are bent as COLMAP's OPENCV model says. */
class DistortedCamera extends Camera {
  readonly eye: Vec3;
  readonly axes: readonly [Vec3, Vec3, Vec3];
  readonly focal: number;
  readonly middle: { readonly x: number; readonly y: number };

  constructor(eye: Vec3, target: Vec3, width: number, height: number) {
    super({ eye, target, degrees, lens: 0 });
    const ahead = normalise(subtract(target, eye));
    const right = normalise(cross(ahead, [0, 1, 0]));
    this.eye = eye;
    this.axes = [right, cross(ahead, right), ahead];
    this.focal = height / (2 * Math.tan((degrees * Math.PI) / 360));
    this.middle = { x: width / 2, y: height / 2 };
  }

  override aim(x: number, y: number, width: number, height: number, u: number, v: number, out: Ray): void {
    const { focal, middle } = this;
    const seen = { x: (x - middle.x) / focal, y: (y - middle.y) / focal };
    // Backwards by going on from what it would be (the distortion is small).
    let [a, b] = [seen.x, seen.y];
    for (let step = 0; step < 8; step++) {
      const bent = bend(a, b);
      [a, b] = [a + seen.x - bent.x, b + seen.y - bent.y];
    }
    super.aim(a * focal + middle.x, b * focal + middle.y, width, height, u, v, out);
  }

  project(place: Vec3): { x: number; y: number } | undefined {
    const way = subtract(place, this.eye);
    const [x, y, z] = this.axes.map((axis) => axis[0] * way[0] + axis[1] * way[1] + axis[2] * way[2]) as [
      number,
      number,
      number,
    ];
    if (z <= 0) return undefined;
    const bent = bend(x / z, y / z);
    return { x: bent.x * this.focal + this.middle.x, y: bent.y * this.focal + this.middle.y };
  }
}

function bend(u: number, v: number): { x: number; y: number } {
  const { k1, k2, p1, p2 } = distortion;
  const square = u * u + v * v;
  const radial = 1 + k1 * square + k2 * square * square;
  return {
    x: u * radial + 2 * p1 * u * v + p2 * (square + 2 * u * u),
    y: v * radial + 2 * p2 * u * v + p1 * (square + 2 * v * v),
  };
}

async function writeModel(
  folder: string,
  views: readonly { name: string; camera: DistortedCamera }[],
  points: readonly { place: Vec3; seenIn: readonly number[] }[],
): Promise<void> {
  const { k1, k2, p1, p2 } = distortion;
  const cameras = views.map(({ camera: { focal, middle } }, at) =>
    [at + 1, "OPENCV", 2 * middle.x, 2 * middle.y, focal, focal, middle.x, middle.y, k1, k2, p1, p2].join(" "),
  );
  const found: string[][] = views.map(() => []);
  const tracks = points.map(({ place, seenIn }, point) => {
    const track = seenIn.map((view) => {
      const at = views[view]!.camera.project(place);
      return `${view + 1} ${found[view]!.push(`${at?.x} ${at?.y} ${point + 1}`) - 1}`;
    });
    return `${point + 1} ${place.join(" ")} 128 128 128 0.5 ${track.join(" ")}`;
  });
  const pictures = views.flatMap(({ name, camera }, at) => {
    const shift = camera.axes.map(
      (axis) => -(axis[0] * camera.eye[0] + axis[1] * camera.eye[1] + axis[2] * camera.eye[2]),
    );
    return [
      `${at + 1} ${quaternionOf(camera.axes).join(" ")} ${shift.join(" ")} ${at + 1} ${name}`,
      found[at]!.join(" "),
    ];
  });
  const text = (what: string, lines: readonly string[]) => `# ${what}\n${lines.join("\n")}\n`;
  await writeFile(join(folder, "cameras.txt"), text("CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]", cameras));
  await writeFile(join(folder, "images.txt"), text("two lines a picture", pictures));
  await writeFile(join(folder, "points3D.txt"), text("POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[]", tracks));
}

/** Of a turn's rows; w first. Cameras that look at a scene from its front turn by less than half a circle. */
function quaternionOf([[a, b, c], [d, e, f], [g, h, i]]: readonly [Vec3, Vec3, Vec3]): number[] {
  const [x2, y2, z2] = [1 + a - e - i, 1 - a + e - i, 1 - a - e + i];
  const w2 = 1 + a + e + i;
  const most = Math.max(w2, x2, y2, z2);
  const k = 1 / (2 * Math.sqrt(most));
  if (most === w2) return [w2 * k, (h - f) * k, (c - g) * k, (d - b) * k];
  if (most === x2) return [(h - f) * k, x2 * k, (b + d) * k, (c + g) * k];
  if (most === y2) return [(c - g) * k, (b + d) * k, y2 * k, (f + h) * k];
  return [(d - b) * k, (c + g) * k, (f + h) * k, z2 * k];
}

/** Always the same numbers, 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
