import type { ColmapModel } from "../model/colmap-model.js";
import { agreement, type PromptRules, promptRules, type ViewPrompt, viewPrompt } from "./view-prompt.js";
import { foundPoints, likelyPoints, type SeenPoint } from "./visible-points.js";
import { type Inside, Votes } from "./votes.js";

/** A mask that the service made. */
export interface LiftedMask {
  readonly inside: Inside;
  readonly predictedIou: number;
}

export interface Lifted<M extends LiftedMask> {
  readonly mask: M;
  /** With the points that were known of the object there; 1 where a person prompted. */
  readonly agreement: number;
}

/** Of each view, by the objects' numbers, and of each point the object's number, 0 for none. */
interface LiftResult<M extends LiftedMask> {
  readonly masks: readonly ReadonlyMap<number, Lifted<M>>[];
  readonly objects: Uint16Array;
}

/** What a bench tries. */
export interface LiftTuning {
  readonly rules?: PromptRules;
  /** How often the views are gone through: from the second time on all points are known. */
  readonly rounds?: number;
}

interface LiftOptions<M extends LiftedMask, P> extends LiftTuning {
  readonly model: ColmapModel;
  /** A person's, by view and object. */
  readonly prompts: readonly { readonly view: number; readonly object: number; readonly prompt: P }[];
  /** The best first. */
  readonly askPerson: (view: number, prompt: P) => Promise<readonly M[]>;
  readonly ask: (view: number, prompt: ViewPrompt) => Promise<readonly M[]>;
  readonly onView?: (done: number, all: number) => void;
}

/** Fewer points on an object are no prompt. */
const leastPoints = 2;
/** A mask that holds fewer of the points that are known to be the object's is none of it. */
const leastAgreement = 0.5;

/**
 * Objects that a person has shown in one or a few views, in all of them: points of the world that a mask holds say where the object
 * is in the next view, the views with most of them first, and each mask has its vote on every point that shows in it.
 */
export async function lift<M extends LiftedMask, P>(options: LiftOptions<M, P>): Promise<LiftResult<M>> {
  const { model, prompts, askPerson, ask, onView, rules = promptRules, rounds = 2 } = options;
  const numbers = [...new Set(prompts.map(({ object }) => object))];
  const count = model.places.length / 3;
  const votes = new Votes(count, numbers);
  const seen = model.views.map((view) => foundPoints(model, view));
  const masks = model.views.map(() => new Map<number, Lifted<M>>());
  let done = 0;

  const put = (view: number, object: number, lifted: Lifted<M> | undefined) => {
    const before = masks[view]!.get(object);
    if (before) votes.count(object, seen[view]!, before.mask.inside, -1);
    if (!lifted) {
      masks[view]!.delete(object);
      return;
    }
    masks[view]!.set(object, lifted);
    votes.count(object, seen[view]!, lifted.mask.inside);
  };
  for (const { view, object, prompt } of prompts) {
    const [mask] = await askPerson(view, prompt);
    if (mask) put(view, object, { mask, agreement: 1 });
  }
  const isShown = (view: number, object: number) => prompts.some((one) => one.view === view && one.object === object);

  /** Those of a view that are known to be the object's, and known not to be. */
  const knownOf = (view: number, object: number) => {
    const on: SeenPoint[] = [];
    const beside: SeenPoint[] = [];
    for (const one of seen[view]!) {
      const of = votes.objectOf(one.point);
      if (of === object) on.push(one);
      else if (of > 0 || votes.isAsked(one.point, object)) beside.push(one);
    }
    if (on.length >= leastPoints) return { on, beside };
    const all = Array.from({ length: count }, (_, point) => point).filter((point) => votes.objectOf(point) === object);
    return { on: likelyPoints(model, model.views[view]!, all), beside };
  };
  const visit = async (view: number, object: number) => {
    const known = knownOf(view, object);
    if (known.on.length < leastPoints) return put(view, object, undefined);
    const candidates = await ask(view, viewPrompt(known, rules));
    const rated = candidates.map((mask) => ({ mask, agreement: agreement(known, mask.inside) }));
    // Points are few, and what the model thinks of its masks tells those apart that hold the same ones.
    const worth = (one: Lifted<M>) => one.agreement + 0.3 * one.mask.predictedIou;
    const best = rated.reduce<Lifted<M> | undefined>((a, b) => (a && worth(a) >= worth(b) ? a : b), undefined);
    put(view, object, best && best.agreement >= leastAgreement ? best : undefined);
  };

  for (let round = 0; round < rounds; round++) {
    let waiting = model.views.map((_, view) => view);
    while (waiting.length > 0) {
      const known = new Map(
        waiting.map((view) => [view, seen[view]!.filter(({ point }) => votes.objectOf(point) > 0).length]),
      );
      waiting.sort((a, b) => known.get(b)! - known.get(a)!);
      // Those that know little wait for what the others will find, but no view waits for each of the others.
      const least = (known.get(waiting[0]!) ?? 0) / 2;
      const atLeast = Math.ceil(waiting.length / 10);
      const now = waiting.filter((view, at) => at < atLeast || known.get(view)! > least);
      for (const view of now) {
        for (const object of numbers) if (!isShown(view, object)) await visit(view, object);
        onView?.(++done, rounds * model.views.length);
      }
      waiting = waiting.slice(now.length);
    }
  }
  return { masks, objects: Uint16Array.from({ length: count }, (_, point) => votes.objectOf(point)) };
}
