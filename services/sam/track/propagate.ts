import { contentGrid, type Frame } from "../frame.js";
import type { Candidates } from "../masks/candidates.js";
import type { CheckedPrompt } from "../prompts/check-prompt.js";
import { Nearest } from "./nearest.js";
import { carriedLabels, onMaskGrid, toOneEach } from "./prior.js";
import { promptOfPrior } from "./prompt-of-prior.js";
import { channelMeans, comparable, type Tokens } from "./tokens.js";

/*
 * An object's mask from frame to frame without a model of videos: labels are carried from a few frames of the memory to this one
 * by how alike the encoder finds their cells, and the decoder paints the object's outline from that.
 */

/** So far, in cells, a thing moves in the few frames since one of the recent ones. */
const recentRadius = 12;
/** Fewer pixels are no object that is there. */
const leastPixels = 20;
/** A mask of the decoder's that agrees less with what was carried is another object's. */
const leastAgreement = 0.6;

/** A frame whose masks are known. */
interface MemoryFrame {
  readonly tokens: Tokens;
  /** A person touched it: it is searched all over; others only near where a thing was. */
  readonly everywhere: boolean;
}

/** An object, and what is known of it. */
interface TrackedObject {
  readonly id: number;
  /** Where it was: a frame by its place in the memory, and how much of each cell is the object, 0 to 1. */
  readonly known: readonly { readonly frame: number; readonly labels: Float32Array }[];
}

/**
 * tracked: the decoder found what was carried. unsure: it did not, and the mask is what was carried. absent: nothing, or next to
 * nothing, was carried.
 */
export type TrackState = "tracked" | "unsure" | "absent";

interface Propagated {
  readonly id: number;
  readonly state: TrackState;
  /** float32 [gridSize, gridSize]; of one that is absent undefined. */
  readonly logits: Float32Array | undefined;
  /** The model's own estimate of its IoU; 0 where the mask is what was carried. */
  readonly predictedIou: number;
  /** IoU of the decoder's mask with what was carried, on the grid. */
  readonly agreement: number;
}

/** What it takes of a machine. */
export interface TrackRunner {
  /**
   * Cosines of the cells of two frames.
   * @param a float32 [channels, cells], as `comparable`. @returns float32 [cells of a, cells of b]; read before the next call.
   */
  cosines(a: Float32Array, b: Float32Array, channels: number): Promise<Float32Array>;
  /** The model's masks of the frame for a prompt, all of them. */
  decode(prompt: CheckedPrompt): Promise<Candidates>;
}

/** @param frame of the picture. @param memory the first is what all are compared by. @returns in the objects' order. */
export async function propagate(
  runner: TrackRunner,
  { tokens, frame }: { readonly tokens: Tokens; readonly frame: Frame },
  memory: readonly MemoryFrame[],
  objects: readonly TrackedObject[],
): Promise<{ objects: Propagated[]; likeness: number }> {
  const groups = groupsOf(objects);
  const cells = tokens.columns * tokens.rows;
  const nearest = groups.map(() => new Nearest(tokens));
  const [reference] = memory;
  const means = reference && channelMeans(reference.tokens);
  const own = means && comparable(tokens, means);
  for (const [index, one] of memory.entries()) {
    if (!own || !means) break;
    const cosines = await runner.cosines(own, comparable(one.tokens, means), tokens.channels);
    for (const [at, { frames }] of groups.entries()) {
      const place = frames.indexOf(index);
      if (place >= 0) nearest[at]!.look(cosines, place * cells, one.everywhere ? Math.max(cells, 1) : recentRadius);
    }
  }
  const priors = new Map<number, Float32Array>();
  for (const [at, group] of groups.entries()) {
    for (const object of group.objects) {
      const labels = new Float32Array(group.frames.length * cells);
      for (const [place, { labels: known }] of object.known.entries()) labels.set(known, place * cells);
      priors.set(object.id, onMaskGrid(carriedLabels(nearest[at]!, labels), tokens, frame));
    }
  }
  toOneEach([...priors.values()]);
  const found: Propagated[] = [];
  for (const { id } of objects) found.push(await paint(runner, id, priors.get(id)!, frame));
  return { objects: apart(found), likeness: meanLikeness(nearest) };
}

/** Objects that are known from the same frames are looked for together. */
function groupsOf(objects: readonly TrackedObject[]): { frames: number[]; objects: TrackedObject[] }[] {
  const groups = new Map<string, { frames: number[]; objects: TrackedObject[] }>();
  for (const object of objects) {
    const frames = object.known.map(({ frame }) => frame);
    const key = frames.join();
    const group = groups.get(key) ?? { frames, objects: [] };
    group.objects.push(object);
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function paint(runner: TrackRunner, id: number, prior: Float32Array, frame: Frame): Promise<Propagated> {
  const thought = promptOfPrior(prior, frame);
  if (!thought || thought.pixels < leastPixels) {
    return { id, state: "absent", logits: undefined, predictedIou: 0, agreement: 0 };
  }
  const { logits, predictedIou } = await runner.decode(thought.prompt);
  const cells = frame.gridSize ** 2;
  let best: Propagated | undefined;
  for (let at = 0; at < predictedIou.length; at++) {
    const mask = logits.subarray(at * cells, (at + 1) * cells);
    const agreement = iouOf(mask, thought.logits, frame);
    if (agreement > (best?.agreement ?? -1)) {
      best = { id, state: "tracked", logits: mask, predictedIou: predictedIou[at]!, agreement };
    }
  }
  if (best && best.agreement >= leastAgreement) return { ...best, logits: best.logits?.slice() };
  return { id, state: "unsure", logits: thought.logits, predictedIou: 0, agreement: best?.agreement ?? 0 };
}

/** Of what is above 0 in the picture's part of the grid. */
function iouOf(a: Float32Array, b: Float32Array, frame: Frame): number {
  const { columns, rows } = contentGrid(frame);
  let [both, either] = [0, 0];
  for (let y = 0; y < rows; y++) {
    for (let at = y * frame.gridSize, end = at + columns; at < end; at++) {
      const [inA, inB] = [a[at]! > 0, b[at]! > 0];
      if (inA && inB) both++;
      if (inA || inB) either++;
    }
  }
  return either === 0 ? 0 : both / either;
}

/** A place that several objects' masks hold is the one's that is surest of it. Changes their logits. */
function apart(found: Propagated[]): Propagated[] {
  const masks = found.flatMap(({ logits }) => (logits ? [logits] : []));
  if (masks.length < 2) return found;
  for (let at = 0; at < masks[0]!.length; at++) {
    let [best, most] = [-1, 0];
    for (const [index, logits] of masks.entries()) if (logits[at]! > most) [best, most] = [index, logits[at]!];
    if (best < 0) continue;
    for (const [index, logits] of masks.entries()) if (index !== best && logits[at]! > 0) logits[at] = -logits[at]!;
  }
  return found;
}

/** How alike the frame is to its memory: next to nothing across a cut. 0 to 1 and, of noise, a little below. */
function meanLikeness(nearest: readonly Nearest[]): number {
  let [sum, count] = [0, 0];
  for (const { likeness, count: each } of nearest) {
    for (let at = 0; at < likeness.length; at += each) {
      if (likeness[at]! === Number.NEGATIVE_INFINITY) continue;
      sum += likeness[at]!;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}
