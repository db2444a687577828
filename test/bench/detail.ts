import {
  combineMasks,
  DetailMode,
  decodeRle,
  type MaskBox,
  type MaskRuns,
  rleArea,
  rleBoundingBox,
  rleToBitmap,
} from "../../proto/index.js";
import { cutMask } from "../../services/sam/crop/place-mask.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { boundaryScore } from "./detail/boundary-score.js";
import { type FarObject, farPictures } from "./detail/far-pictures.js";
import { atLeast, type Bar, type Outcome, round, type Suite } from "./report.js";
import { mean, median } from "./statistics.js";

const prompts = ["one click", "box"] as const;
type Prompt = (typeof prompts)[number];

/** By the longer side of an object's box, in pixels. */
const classes = [
  { name: "40 to 100 pixels", from: 40, to: 100 },
  { name: "100 to 200 pixels", from: 100, to: 200 },
  { name: "200 to 400 pixels", from: 200, to: 400 },
] as const;

/** How far an answer is from the truth. */
interface Score {
  iou: number;
  boundary: number;
}

interface Measured {
  object: string;
  prompt: Prompt;
  side: number;
  before: Score;
  after: Score;
  isFiner: boolean;
  /** The wait for the finer answer, in milliseconds, its part's encode included. */
  ms: number;
}

export const suite: Suite = {
  title: "masks of small objects in 12 megapixels, with detail and without: boundary F-score (2 pixels) and IoU",
  async run(say) {
    const measured: Measured[] = [];
    // On a busy machine too it is masks that are measured: none is left out for overload.
    const maskwire = await startMaskwire({ MASKWIRE_OVERLOAD_DELAY_MS: "60000" });
    try {
      for await (const { bytes, objects } of farPictures()) {
        const { image } = await upload(maskwire.url, bytes);
        const imageId = image?.imageId ?? "";
        for (const object of objects) {
          const side = Math.max(object.box.width, object.box.height);
          if (!classes.some(({ from, to }) => side >= from && side < to)) continue;
          for (const prompt of prompts) {
            const one = await measure(maskwire.url, imageId, object, prompt);
            measured.push({ ...one, object: object.name, side });
            say(line(measured.at(-1) as Measured));
          }
        }
      }
    } finally {
      await maskwire.stop();
    }
    return report(measured);
  },
};

async function measure(
  url: string,
  imageId: string,
  { click, box, truth }: FarObject,
  prompt: Prompt,
): Promise<Omit<Measured, "object" | "side">> {
  const corners = { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height };
  const asked = prompt === "box" ? { box: corners } : { points: [{ x: click.x + 0.5, y: click.y + 0.5 }] };
  const answer = async (detail: DetailMode) => {
    const { masks, detail: made } = await segmentOverHttp(url, { imageId, prompt: asked, detail });
    const best = masks[0]?.rle;
    if (!best) throw new Error("an answer without a mask");
    return { score: scoreOf(decodeRle(best), truth), isFiner: made !== undefined };
  };
  const before = await answer(DetailMode.OFF);
  const startedAt = performance.now();
  const after = await answer(DetailMode.AUTO);
  const ms = performance.now() - startedAt;
  return { prompt, before: before.score, after: after.score, isFiner: after.isFiner, ms };
}

function scoreOf(mask: MaskRuns, truth: MaskRuns): Score {
  const intersection = rleArea(combineMasks(mask, truth, "intersection"));
  const union = rleArea(mask) + rleArea(truth) - intersection;
  // Of the twelve megapixels most are neither's.
  const window = windowOf(rleBoundingBox(combineMasks(mask, truth, "union")), truth);
  const [ours, theirs] = [mask, truth].map((one) => rleToBitmap(cutMask(one, window))) as [Uint8Array, Uint8Array];
  const boundary = boundaryScore(ours, theirs, window.width, window.height);
  return { iou: union === 0 ? 1 : intersection / union, boundary };
}

/** With a pixel around: where the window ends no boundary may end. */
function windowOf(box: MaskBox, { width, height }: MaskRuns): MaskBox {
  const [x, y] = [Math.max(0, box.x - 1), Math.max(0, box.y - 1)];
  return {
    x,
    y,
    width: Math.min(width, box.x + box.width + 1) - x,
    height: Math.min(height, box.y + box.height + 1) - y,
  };
}

function report(measured: Measured[]): Outcome {
  const gain = (all: Measured[], what: keyof Score) => mean(all.map((one) => one.after[what] - one.before[what]));
  const inClass = ({ from, to }: (typeof classes)[number]) => measured.filter(({ side }) => side >= from && side < to);
  const bars: Bar[] = [
    atLeast("boundary F-score gained", gain(measured, "boundary"), 0.15, ""),
    ...classes.map((one) => atLeast(`IoU gained, ${one.name}`, gain(inClass(one), "iou"), -0.005, "")),
  ];
  const row = (all: Measured[]) => ({
    objects: all.length,
    finer: all.filter(({ isFiner }) => isFiner).length,
    boundary: change(all, "boundary"),
    IoU: change(all, "iou"),
    worse: all.filter(({ before, after }) => after.iou < before.iou - 0.02).length,
    ms: Math.round(median(all.map(({ ms }) => ms))),
  });
  const rows = prompts.flatMap((prompt) =>
    classes.map((one): [string, ReturnType<typeof row>] => [
      `${prompt}, ${one.name}`,
      row(inClass(one).filter((two) => two.prompt === prompt)),
    ]),
  );
  return { bars, detail: { "before and after": { all: row(measured), ...Object.fromEntries(rows) } } };
}

const change = (all: Measured[], what: keyof Score) =>
  `${round(mean(all.map(({ before }) => before[what])))} -> ${round(mean(all.map(({ after }) => after[what])))}`;

const line = ({ object, prompt, side, before, after, isFiner, ms }: Measured) =>
  `${object}, ${prompt}, ${side} pixels: boundary ${before.boundary.toFixed(3)} -> ${after.boundary.toFixed(3)}, ` +
  `IoU ${before.iou.toFixed(3)} -> ${after.iou.toFixed(3)}${isFiner ? "" : ", kept"} (${Math.round(ms)} ms)`;
