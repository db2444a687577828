import { create } from "@bufbuild/protobuf";
import sharp from "sharp";

import { encodeRle, type MaskRuns, RleSchema, rleBoundingBox } from "../../../proto/index.js";
import { contentGrid, type Frame } from "../../../services/sam/frame.js";
import { maskLogits } from "../../../services/sam/masks/mask-logits.js";
import { traceMask } from "../../../services/sam/masks/trace-mask.js";
import { promptTokens } from "../../../services/sam/prompts/prompt-tokens.js";
import { comparable, principalAxes } from "../../../services/sam/track/labels/axes.js";
import { carryLabels } from "../../../services/sam/track/labels/carry.js";
import { type Decode, paint, priorsOf } from "../../../services/sam/track/labels/paint.js";
import { onMaskGrid } from "../../../services/sam/track/labels/prior.js";
import { promptOfPrior } from "../../../services/sam/track/labels/prompt-of-prior.js";
import type { Engine } from "./engine.js";
import { type Flow, flowBetween, type Grey, valueAt } from "./flow.js";
import type { FrameMemory } from "./known-frames.js";
import type { OpenSequence } from "./open-sequence.js";

/** A way of following: the masks of all frames but the first, by object. */
export type Ablation = (engine: Engine, open: OpenSequence) => Promise<ReadonlyMap<number, FrameMemory["masks"]>>;

interface Way {
  /** So much of the prior is what optical flow says, the rest what labels say. */
  readonly flow: number;
  /** Frames just before that labels are carried from, beside the first. */
  readonly recent: number;
  /** What the mask is: the prior, the one of the decoder's that agrees most with it, or the one that the tracker takes. */
  readonly mask: "prior" | "most alike" | "taken";
  /** An object that is absent from a frame is known to be so in those behind it. */
  readonly remembersAbsence?: boolean;
}

/** The settings whose figures are known of DAVIS's videos: those of the table that the tracker was chosen by. */
export const ablations: Readonly<Record<string, Ablation>> = {
  "optical flow alone": way({ flow: 1, recent: 0, mask: "prior" }),
  "flow, painted": way({ flow: 1, recent: 0, mask: "most alike" }),
  "labels of frames 0 and t-1 alone": way({ flow: 0, recent: 1, mask: "prior" }),
  "labels of 0 and t-1, painted": way({ flow: 0, recent: 1, mask: "most alike" }),
  "labels of 0 and t-1 to t-3, painted": way({ flow: 0, recent: 3, mask: "most alike" }),
  "labels of 0 and t-1 to t-3, absence remembered": way({
    flow: 0,
    recent: 3,
    mask: "most alike",
    remembersAbsence: true,
  }),
  "labels of 0 and t-1 to t-3, the whole painted": way({ flow: 0, recent: 3, mask: "taken" }),
  "both, as it is": way({ flow: 0, recent: 3, mask: "taken", remembersAbsence: true }),
  "a quarter flow, labels, painted": way({ flow: 0.25, recent: 3, mask: "most alike" }),
  "the true box, painted": trueBoxes,
};

/** Objects one by one: what they do to each other is not looked at here. */
function way({ flow, recent, mask: kind, remembersAbsence = false }: Way): Ablation {
  return async (engine, open) => {
    const { sequence, frame } = open;
    const { width, height } = sequence;
    const nothing: MaskRuns = { width, height, runs: Uint32Array.of(width * height) };
    const axes = flow < 1 ? await principalAxes(open.tokens(0), engine.product) : undefined;
    const cells: Float32Array[] = [];
    const greys: Grey[] = [];
    const masks = new Map<number, Map<number, MaskRuns>>([[0, new Map()]]);
    for (let object = 1; object <= sequence.objects; object++) masks.get(0)!.set(object, open.truth(0, object));
    for (let at = 0; at < sequence.frames.length; at++) {
      const tokens = open.tokens(at);
      if (axes) cells.push(await comparable(tokens, axes, engine.product));
      if (flow > 0) greys.push(await greyOf(sequence.frames[at]!.bytes));
      if (at === 0) continue;
      const found = new Map<number, MaskRuns>();
      const moved = flow > 0 ? flowBetween(greys[at]!, greys[at - 1]!) : undefined;
      for (let object = 1; object <= sequence.objects; object++) {
        const before = masks.get(at - 1)?.get(object);
        const own = moved && before && flowPrior(before, moved, greys[at]!, open);
        const frames = [0, ...range(Math.max(1, at - recent), at)].filter(
          (one) => masks.get(one)?.has(object) || (remembersAbsence && one > 0),
        );
        const memory = frames.map((one) => ({ cells: cells[one]!, everywhere: one === 0 }));
        const known = frames.map((one, index) => ({
          frame: index,
          labels: sharesOf(masks.get(one)!.get(object) ?? nothing, open),
        }));
        const carried =
          axes && frames.length > 0
            ? await carryLabels(engine.product, tokens, cells[at]!, memory, [{ id: object, known }])
            : undefined;
        const [labels] = carried ? priorsOf(carried.labels, tokens, frame) : [];
        const prior = mixed(own, labels, flow, frame.gridSize);
        const sureness = carried && onMaskGrid(carried.sureness[0]!, tokens, frame);
        const decode = decodeAt(engine, open, at);
        const logits =
          kind === "prior"
            ? prior.map((one) => one - 0.5)
            : kind === "taken"
              ? (await paint(decode, { prior, sureness: sureness ?? prior.map(() => 1) }, frame)).logits
              : await mostAlike(decode, prior, frame);
        const mask = logits && traced(logits, open);
        if (mask) found.set(object, mask);
      }
      masks.set(at, found);
    }
    return rles(masks);
  };
}

/** What the decoder makes of boxes that are right. */
async function trueBoxes(engine: Engine, open: OpenSequence): Promise<ReadonlyMap<number, FrameMemory["masks"]>> {
  const { sequence, frame } = open;
  const masks = new Map<number, Map<number, MaskRuns>>();
  for (let at = 1; at < sequence.frames.length; at++) {
    const found = new Map<number, MaskRuns>();
    for (let object = 1; object <= sequence.objects; object++) {
      const { x, y, width, height } = rleBoundingBox(open.truth(at, object));
      if (width === 0) continue;
      const { logits, predictedIou } = await decodeAt(
        engine,
        open,
        at,
      )({
        points: [],
        box: { x0: x, y0: y, x1: x + width, y1: y + height },
      });
      const best = predictedIou.indexOf(Math.max(...predictedIou));
      const size = frame.gridSize ** 2;
      const mask = traced(logits.subarray(best * size, (best + 1) * size), open);
      if (mask) found.set(object, mask);
    }
    masks.set(at, found);
  }
  return rles(masks);
}

function decodeAt({ decoder: { wide: decoder } }: Engine, { prepared, frame }: OpenSequence, at: number): Decode {
  return async (prompt) => {
    const { mask } = prompt;
    const start = mask && "logits" in mask ? mask.logits : undefined;
    return decoder.decode(await prepared(at), promptTokens(prompt, frame, decoder.spec.tokens), start);
  };
}

/** One prompt of box, points and mask, whose mask that agrees most with the prior is taken from an IoU of 0.6 on, else the prior. */
async function mostAlike(decode: Decode, prior: Float32Array, frame: Frame): Promise<Float32Array | undefined> {
  const thought = promptOfPrior(prior, frame);
  if (!thought || thought.pixels < 20) return undefined;
  const { logits, predictedIou } = await decode(thought.prompt);
  const masks = [...predictedIou.keys()].map((at) =>
    logits.subarray(at * frame.gridSize ** 2, (at + 1) * frame.gridSize ** 2),
  );
  let [best, most] = [thought.logits, 0.6];
  for (const mask of masks) {
    let [both, either] = [0, 0];
    for (let at = 0; at < mask.length; at++) {
      if (mask[at]! > 0 && thought.logits[at]! > 0) both++;
      if (mask[at]! > 0 || thought.logits[at]! > 0) either++;
    }
    if (both / either >= most) [best, most] = [mask, both / either];
  }
  return best;
}

function traced(logits: Float32Array, { sequence, frame }: OpenSequence): MaskRuns | undefined {
  const { runs, area } = traceMask(logits, frame);
  return area > 0 ? { width: sequence.width, height: sequence.height, runs } : undefined;
}

function mixed(
  flow: Float32Array | undefined,
  labels: Float32Array | undefined,
  share: number,
  gridSize: number,
): Float32Array {
  if (flow && labels) return labels.map((one, at) => (1 - share) * one + share * flow[at]!);
  return flow ?? labels ?? new Float32Array(gridSize ** 2);
}

/** Where a mask is by now, on the grid of mask logits. */
function flowPrior(mask: MaskRuns, { x, y }: Flow, { width, height }: Grey, { frame }: OpenSequence): Float32Array {
  const { gridSize } = frame;
  const { columns, rows } = contentGrid(frame);
  const shares = maskLogits(mask, frame, 1);
  const known: Grey = { width: gridSize, height: gridSize, values: shares };
  const prior = new Float32Array(gridSize ** 2);
  const [toX, toY] = [width / columns, height / rows];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at =
        Math.min(height - 1, Math.floor((row + 0.5) * toY)) * width +
        Math.min(width - 1, Math.floor((column + 0.5) * toX));
      prior[row * gridSize + column] = (valueAt(known, column + x[at]! / toX, row + y[at]! / toY) + 1) / 2;
    }
  }
  return prior;
}

/** A quarter of the picture's size. */
async function greyOf(bytes: Uint8Array): Promise<Grey> {
  const { width = 0, height = 0 } = await sharp(bytes).metadata();
  const size = { width: width >> 2, height: height >> 2 };
  const values = await sharp(bytes)
    .greyscale()
    .resize({ ...size, fit: "fill" })
    .raw()
    .toBuffer();
  return { ...size, values: Float32Array.from(values) };
}

function sharesOf(mask: MaskRuns, { frame, side }: OpenSequence): Float32Array {
  const { columns, rows } = contentGrid({ ...frame, gridSize: side });
  const logits = maskLogits(mask, { ...frame, gridSize: side }, 1);
  return Float32Array.from(
    { length: columns * rows },
    (_, cell) => (logits[Math.floor(cell / columns) * side + (cell % columns)]! + 1) / 2,
  );
}

function rles(masks: ReadonlyMap<number, ReadonlyMap<number, MaskRuns>>): ReadonlyMap<number, FrameMemory["masks"]> {
  return new Map(
    [...masks].map(([frame, found]) => [
      frame,
      new Map([...found].map(([object, mask]) => [object, create(RleSchema, encodeRle(mask))])),
    ]),
  );
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
