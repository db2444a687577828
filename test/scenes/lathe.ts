type Outline = readonly (readonly [radius: number, height: number])[];

/**
 * The signed distance to an outline turned around the y axis: pots, bottles, fruit. The outline starts and ends on the axis;
 * `round` inflates it, which rounds its corners. Distances are kept on a grid and read back with a quadratic B-spline, so
 * that the surface's normal has no steps and reflections stay clean.
 */
export class Lathe {
  readonly radius: number;
  readonly low: number;
  readonly high: number;
  readonly #cell: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #base: number;
  readonly #grid: Float32Array;

  constructor(outline: Outline, round: number, cell = 0.014) {
    this.radius = Math.max(...outline.map((p) => p[0])) + round;
    this.low = Math.min(...outline.map((p) => p[1])) - round;
    this.high = Math.max(...outline.map((p) => p[1])) + round;
    this.#cell = cell;
    this.#base = this.low - 6 * cell;
    this.#columns = Math.ceil(this.radius / cell) + 12;
    this.#rows = Math.ceil((this.high - this.low) / cell) + 12;
    this.#grid = new Float32Array(this.#columns * this.#rows);
    for (let j = 0; j < this.#rows; j++) {
      for (let i = 0; i < this.#columns; i++) {
        // Column 2 is the axis; the two before it mirror the two after it.
        const r = Math.abs(i - 2) * cell;
        this.#grid[j * this.#columns + i] = outlineDistance(outline, r, this.#base + j * cell) - round;
      }
    }
  }

  distance(x: number, y: number, z: number): number {
    return this.section(Math.sqrt(x * x + z * z), y);
  }

  section(r: number, y: number): number {
    let gx = r / this.#cell + 2;
    let gy = (y - this.#base) / this.#cell;
    let outside = 0;
    // Past the grid the distance grows on; the bound is enough for marching.
    if (gx > this.#columns - 3) {
      outside += gx - (this.#columns - 3);
      gx = this.#columns - 3;
    }
    if (gy < 2) {
      outside += 2 - gy;
      gy = 2;
    } else if (gy > this.#rows - 3) {
      outside += gy - (this.#rows - 3);
      gy = this.#rows - 3;
    }
    const i = Math.floor(gx + 0.5);
    const j = Math.floor(gy + 0.5);
    const fx = gx - i;
    const fy = gy - j;
    const x0 = 0.5 * (0.5 - fx) * (0.5 - fx);
    const x1 = 0.75 - fx * fx;
    const x2 = 0.5 * (0.5 + fx) * (0.5 + fx);
    const y0 = 0.5 * (0.5 - fy) * (0.5 - fy);
    const y1 = 0.75 - fy * fy;
    const y2 = 0.5 * (0.5 + fy) * (0.5 + fy);
    const g = this.#grid;
    const a = (j - 1) * this.#columns + i;
    const b = a + this.#columns;
    const c = b + this.#columns;
    const smooth =
      y0 * (x0 * g[a - 1]! + x1 * g[a]! + x2 * g[a + 1]!) +
      y1 * (x0 * g[b - 1]! + x1 * g[b]! + x2 * g[b + 1]!) +
      y2 * (x0 * g[c - 1]! + x1 * g[c]! + x2 * g[c + 1]!);
    return outside > 0 ? Math.max(smooth, 0) + outside * this.#cell * 0.7 : smooth;
  }
}

/** A smooth curve through the points (Catmull-Rom), `steps` pieces between each two. */
export function curve(points: Outline, steps = 12): Outline {
  const at = (i: number) => points[Math.min(Math.max(i, 0), points.length - 1)]!;
  const spline = (a: number, b: number, c: number, d: number, t: number) =>
    b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  const result: [number, number][] = [];
  for (let i = 0; i < points.length - 1; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let s = 0; s < steps; s++) {
      const t = s / steps;
      result.push([Math.max(0, spline(a[0], b[0], c[0], d[0], t)), spline(a[1], b[1], c[1], d[1], t)]);
    }
  }
  const last = at(points.length - 1);
  result.push([last[0], last[1]]);
  return result;
}

function outlineDistance(outline: Outline, r: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  let inside = false;
  for (let i = 0; i < outline.length; i++) {
    const [ar, ay] = outline[i]!;
    const [br, by] = outline[(i + 1) % outline.length]!;
    if (ay > y !== by > y && r < ar + ((y - ay) * (br - ar)) / (by - ay)) inside = !inside;
    // The closing edge runs along the axis, inside the body: it is no surface.
    if (i === outline.length - 1) break;
    const er = br - ar;
    const ey = by - ay;
    const along = er * er + ey * ey;
    const t = along === 0 ? 0 : Math.min(Math.max(((r - ar) * er + (y - ay) * ey) / along, 0), 1);
    const dr = r - ar - er * t;
    const dy = y - ay - ey * t;
    nearest = Math.min(nearest, dr * dr + dy * dy);
  }
  return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
}
