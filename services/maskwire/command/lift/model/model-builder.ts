import type { Camera } from "./camera.js";
import type { ColmapModel } from "./colmap-model.js";
import { cameraLine, ModelLineError, pointLine, type ViewLine, viewLine } from "./model-lines.js";

/** Beyond these a model is refused: so many take about 600 MB. */
const most = { cameras: 100_000, views: 20_000, points: 5_000_000, observations: 50_000_000 } as const;

/** The three files of a text model, line by line: cameras, then pictures, then points. Every method throws ModelLineError. */
export class ModelBuilder {
  readonly #cameras = new Map<number, Camera>();
  readonly #views: (ViewLine & { lens: Camera })[] = [];
  readonly #viewOf = new Map<number, number>();
  readonly #names = new Set<string>();
  readonly #places = new Grown(Float64Array);
  readonly #colours = new Grown(Uint8Array);
  /** For each observation its picture's index; those of point i begin at `starts[i]`. */
  readonly #seen = new Grown(Int32Array);
  readonly #starts = new Grown(Int32Array);
  #isSecondLine = false;

  camera(line: string): void {
    if (isRemark(line)) return;
    const { id, camera } = cameraLine(line);
    if (this.#cameras.has(id)) throw new ModelLineError(`camera ${id} is there twice`);
    within(this.#cameras.size, most.cameras, "cameras");
    this.#cameras.set(id, camera);
  }

  /** Every other line has what was found in the picture; it is empty where that is nothing, and the points say the same. */
  view(line: string): void {
    if (this.#isSecondLine) {
      this.#isSecondLine = false;
      return;
    }
    if (isRemark(line)) return;
    const view = viewLine(line);
    const lens = this.#cameras.get(view.camera);
    if (!lens) throw new ModelLineError(`cameras.txt has no camera ${view.camera}`);
    if (this.#viewOf.has(view.id)) throw new ModelLineError(`picture ${view.id} is there twice`);
    if (this.#names.has(view.name)) throw new ModelLineError(`${view.name} is there twice`);
    within(this.#views.length, most.views, "pictures");
    this.#viewOf.set(view.id, this.#views.length);
    this.#names.add(view.name);
    this.#views.push({ ...view, lens });
    this.#isSecondLine = true;
  }

  point(line: string): void {
    if (isRemark(line)) return;
    const { place, colour, seenIn } = pointLine(line);
    within(this.#starts.length, most.points, "points");
    within(this.#seen.length + seenIn.length - 1, most.observations, "observations");
    const views = new Set<number>();
    for (const id of seenIn) {
      const view = this.#viewOf.get(id);
      if (view === undefined) throw new ModelLineError(`images.txt has no picture ${id}`);
      views.add(view);
    }
    this.#starts.push(this.#seen.length);
    for (const one of place) this.#places.push(one);
    for (const one of colour) this.#colours.push(one);
    for (const view of views) this.#seen.push(view);
  }

  model(): ColmapModel {
    const count = this.#starts.length;
    const seen = this.#seen.values;
    const sizes = new Int32Array(this.#views.length);
    for (const view of seen) sizes[view]!++;
    const points = Array.from(sizes, (size) => new Int32Array(size));
    sizes.fill(0);
    for (let point = 0; point < count; point++) {
      const end = point + 1 < count ? this.#starts.values[point + 1]! : seen.length;
      for (let at = this.#starts.values[point]!; at < end; at++) {
        const view = seen[at]!;
        points[view]![sizes[view]!++] = point;
      }
    }
    const views = this.#views.map(({ name, lens, pose }, at) => ({ name, camera: lens, pose, points: points[at]! }));
    const inOrder = new Intl.Collator("en", { numeric: true });
    views.sort((a, b) => inOrder.compare(a.name, b.name));
    return { views, places: this.#places.values, colours: this.#colours.values };
  }
}

const isRemark = (line: string) => /^\s*(#|$)/.test(line);

function within(count: number, limit: number, what: string): void {
  if (count >= limit) throw new ModelLineError(`there are more than ${limit} ${what}`);
}

type Numbers = Float64Array | Uint8Array | Int32Array;

/** Numbers that become more, in a block that doubles. */
class Grown<T extends Numbers> {
  readonly #make: new (
    size: number,
  ) => T;
  #block: T;
  length = 0;

  constructor(make: new (size: number) => T) {
    this.#make = make;
    this.#block = new make(1024);
  }

  get values(): T {
    return this.#block.subarray(0, this.length) as T;
  }

  push(value: number): void {
    if (this.length === this.#block.length) {
      const larger = new this.#make(2 * this.length);
      larger.set(this.#block);
      this.#block = larger;
    }
    this.#block[this.length++] = value;
  }
}
