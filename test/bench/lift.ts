import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { type PromptRules, promptRules } from "../../services/maskwire/command/lift/core/view-prompt.js";
import { liftObjects } from "../../services/maskwire/command/lift/lift-objects.js";
import { type KnownSet, writeColmapSet } from "../scenes/colmap.js";
import { objectMasks } from "../scenes/object-masks.js";
import { scenes } from "../scenes/scenes.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { optionLines, readOptions } from "./options.js";
import { atLeast, type Outcome, round, type Suite } from "./report.js";
import { mean } from "./statistics.js";

const options = {
  views: { value: 12, what: "pictures of each scene" },
  width: { value: 600, what: "pixels across" },
  samples: { value: 4, what: "rays a pixel" },
};

/** Where the scenes are looked at from. */
const looks = {
  kitchen: { target: [0.4, 0.9, 0.2], distance: 13.5, height: 4.6 },
  playroom: { target: [0.2, 0.9, 0.2], distance: 13.5, height: 5 },
} as const;
/** Of one that shows by less there is hardly a mask. */
const leastPixels = 150;

/** What is turned off, to see what it is worth. */
const ablations: Record<string, { rules?: PromptRules; rounds?: number }> = {
  "as it is": {},
  "without points beside": { rules: { ...promptRules, beside: 0 } },
  "one point, none beside": { rules: { on: 1, beside: 0 } },
  "gone through once": { rounds: 1 },
};

interface Measured {
  iou: number;
  points: number;
}

export const suite: Suite = {
  title: "objects shown in one view of a scene of ours, in all its views and points",
  options: `${optionLines(options)}\n  --ablations            also with parts of it turned off`,
  async run(say, args) {
    const { numbers, flags } = readOptions(args, options, ["ablations"]);
    const ways = flags.has("ablations") ? ablations : { "as it is": {} };
    const all = new Map<string, Measured[]>(Object.keys(ways).map((name) => [name, []]));
    const detail: Record<string, unknown> = {};
    await using maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error" });
    for (const [name, look] of Object.entries(looks)) {
      const scene = scenes.find((one) => one.name === name);
      if (!scene) throw new Error(`no scene ${name}`);
      const folder = await mkdtemp(join(tmpdir(), "maskwire-lift-"));
      try {
        const { views, width, samples } = numbers;
        const size = { width, height: Math.round((width * 2) / 3) };
        const onView = (done: number) => say(`${name}: ${done} of ${views} pictures are there`);
        const set = await writeColmapSet(folder, scene, {
          ...size,
          samples,
          views,
          arc: 100,
          points: 40,
          look,
          onView,
        });
        const names = await showObjects(folder, set, Math.floor(views / 2));
        for (const [way, tuning] of Object.entries(ways)) {
          const out = join(folder, way);
          await liftObjects({ colmap: folder, objects: join(folder, "objects.json"), out, url: maskwire.url }, tuning);
          const { objects, points } = await measure(out, set, names);
          all.get(way)?.push({ iou: mean(Object.values(objects).flat()), points });
          const each = Object.entries(objects).map(([object, ious]) => [object, round(mean(ious))]);
          detail[`${name}, ${way}`] = {
            iou: round(mean(Object.values(objects).flat())),
            points: round(points),
            objects: Object.fromEntries(each),
          };
          say(`${name}, ${way}: ${JSON.stringify(detail[`${name}, ${way}`])}`);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    }
    return outcome(all, detail);
  },
};

function outcome(all: ReadonlyMap<string, readonly Measured[]>, detail: Record<string, unknown>): Outcome {
  const own = all.get("as it is") ?? [];
  return {
    bars: [
      atLeast("IoU of the masks over all views", mean(own.map(({ iou }) => iou)), 0.85, ""),
      atLeast("points labelled right", 100 * mean(own.map(({ points }) => points)), 95, "%"),
    ],
    detail,
  };
}

/** A click deep inside and a box, in the view, of each object that shows there. @returns their names, from number 1 on. */
async function showObjects(folder: string, { views }: KnownSet, at: number): Promise<string[]> {
  const { name: view, truth } = views[at]!;
  const shown = objectMasks(truth).filter(({ area }) => area >= leastPixels);
  const prompts = shown.map(({ click, box: { x, y, width, height } }, index) => ({
    object: index + 1,
    view,
    prompt: { points: [click], box: { x0: x, y0: y, x1: x + width, y1: y + height } },
  }));
  await writeFile(join(folder, "objects.json"), JSON.stringify(prompts));
  return shown.map(({ name }) => name);
}

/** Each object's IoU in each view that shows it, and the share of points that have the right number. */
async function measure(out: string, { views, pointObjects }: KnownSet, names: readonly string[]) {
  const objects: Record<string, number[]> = {};
  for (const { name, truth } of views) {
    const file = await readFile(join(out, "masks", `${name}.png`));
    // The indices and not their colours.
    const indices = paletteIndices(await sharp(file).removeAlpha().raw().toBuffer());
    for (const [at, object] of names.entries()) {
      const id = truth.names.indexOf(object) + 1;
      const area = truth.ids.reduce((sum, one) => sum + (one === id ? 1 : 0), 0);
      if (area < leastPixels) continue;
      let [both, either] = [0, 0];
      for (const [pixel, one] of truth.ids.entries()) {
        const [is, found] = [one === id, indices[pixel] === at + 1];
        if (is && found) both++;
        if (is || found) either++;
      }
      objects[object] = [...(objects[object] ?? []), both / either];
    }
  }
  const ply = await readFile(join(out, "points.ply"));
  const start = ply.indexOf("end_header\n") + "end_header\n".length;
  const right = pointObjects.filter((object, point) => {
    return ply.readUInt16LE(start + 17 * point + 15) === names.indexOf(object) + 1;
  });
  return { objects, points: right.length / pointObjects.length };
}

/** The first colours of VOC's palette -> their indices. */
function paletteIndices(rgb: Buffer): Uint8Array {
  const bit = (value: number, at: number) => (value >> at) & 1;
  return Uint8Array.from({ length: rgb.length / 3 }, (_, pixel) => {
    const [r, g, b] = [rgb[3 * pixel]!, rgb[3 * pixel + 1]!, rgb[3 * pixel + 2]!];
    return bit(r, 7) | (bit(g, 7) << 1) | (bit(b, 7) << 2) | (bit(r, 6) << 3) | (bit(g, 6) << 4) | (bit(b, 6) << 5);
  });
}
