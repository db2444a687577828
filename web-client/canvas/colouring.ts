import type { Annotation, BoundingBox } from "../../proto/index.js";

/** Twelve hues of one chroma, light and less light in turns (OKLCH), so that they also differ without their hue. */
export const colours = [
  "#e17174",
  "#ffa571",
  "#c58d04",
  "#c3c54f",
  "#66ad56",
  "#43dab0",
  "#0dadb4",
  "#58ccff",
  "#6397ee",
  "#bcb2ff",
  "#be7ace",
  "#ff98ca",
] as const;

/** What lies further apart than this share of the picture's size may look alike. */
const reach = 0.05;
/** A mask that covers all of the newcomer, or lies over much of it, counts by so much more than one that lies beside it. */
const coverWeight = 6;
/** A colour beside another on the circle is half as bad as the same one. */
const besideWeight = 0.5;
/** Boxes that overlap by more than this are two tries at one object. */
const sameObjectIou = 0.5;

interface Entry {
  readonly box: BoundingBox;
  readonly colour: number;
}

/** Gives each mask a colour that its neighbours lack, once: what comes later changes none. */
export class Colouring {
  readonly #entries = new Map<Annotation, Entry>();

  /** @param found all masks that are shown, this one among them. */
  colourOf(annotation: Annotation, found: readonly Annotation[]): string {
    const known = this.#entries.get(annotation);
    if (known !== undefined) return colours[known.colour]!;
    const box = annotation.mask?.bbox;
    if (box === undefined) return colours[0]!;
    const colour = this.#inherited(box, found) ?? this.#free(annotation, box);
    this.#entries.set(annotation, { box, colour });
    return colours[colour]!;
  }

  /** A better mask of the same object keeps the object's colour. */
  #inherited(box: BoundingBox, found: readonly Annotation[]): number | undefined {
    const shown = new Set(found);
    for (const [before, entry] of this.#entries) {
      if (shown.has(before) || overlap(box, entry.box) < sameObjectIou) continue;
      this.#entries.delete(before);
      return entry.colour;
    }
    return undefined;
  }

  #free({ id, mask }: Annotation, box: BoundingBox): number {
    const [height = 1, width = 1] = mask?.rle?.size ?? [];
    const far = reach * Math.max(width, height);
    const taken = new Float64Array(colours.length);
    for (const entry of this.#entries.values()) {
      const covered = Math.sqrt(shared(box, entry.box) / (box.width * box.height));
      const nearness = coverWeight * covered + 1 / (1 + (gap(box, entry.box) / far) ** 2);
      taken[entry.colour]! += nearness;
      for (const beside of [1, colours.length - 1]) {
        taken[(entry.colour + beside) % colours.length]! += besideWeight * nearness;
      }
    }
    // Equally free ones by turns, five apart, so that the first masks are far apart on the circle.
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < colours.length; i++) {
      const colour = ((id + i) * 5) % colours.length;
      if (taken[colour]! >= least) continue;
      best = colour;
      least = taken[colour]!;
    }
    return best;
  }
}

/** Pixels between two boxes, 0 where they touch. */
function gap(a: BoundingBox, b: BoundingBox): number {
  const across = Math.max(0, a.x - b.x - b.width, b.x - a.x - a.width);
  const down = Math.max(0, a.y - b.y - b.height, b.y - a.y - a.height);
  return Math.hypot(across, down);
}

/** Intersection over union of two boxes. */
function overlap(a: BoundingBox, b: BoundingBox): number {
  const both = shared(a, b);
  return both / (a.width * a.height + b.width * b.height - both);
}

/** Pixels that two boxes share. */
function shared(a: BoundingBox, b: BoundingBox): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
