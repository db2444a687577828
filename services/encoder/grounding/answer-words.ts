import type { MessageInitShape } from "@bufbuild/protobuf";
import { type GroundedBoxSchema, maxGroundedBoxes } from "../../../proto/index.js";
import type { Detection } from "./detection.js";
import { mergeDetections } from "./merge.js";
import type { Question, ThingQuestion } from "./plan-words.js";
import { matchText } from "./written/match-text.js";
import { blockAround } from "./written/text-block.js";

/** What detectors of a kind have found, each its own, in shares of the picture, and the least score that counts. */
export interface FoundByKind {
  readonly found: readonly (readonly Detection[])[];
  readonly leastScore: number;
}

type FoundByKinds = Readonly<Record<Question["kind"], FoundByKind>>;

/** A found thing, and how the words for it were understood. */
type Understood = Detection & { readonly via: string };

/** So much of what is written lies in the thing that it stands on. */
const leastInside = 0.7;

/**
 * The boxes of what words mean, in pixels, the best first. Where detectors agree a box's score is of both together.
 */
export function answerWords(
  questions: readonly Question[],
  found: FoundByKinds,
  { width, height }: { width: number; height: number },
): MessageInitShape<typeof GroundedBoxSchema>[] {
  const boxes = new Map<string, Understood>();
  for (const one of questions.flatMap((question) => answersOf(question, found))) {
    const { label, x0, y0, x1, y1 } = one;
    const name = JSON.stringify([label, x0, y0, x1, y1]);
    if (!boxes.has(name)) boxes.set(name, one);
  }
  return [...boxes.values()]
    .sort((a, b) => b.score - a.score)
    .slice(0, maxGroundedBoxes)
    .map(({ label, via, score, x0, y0, x1, y1 }) => ({
      box: { x0: x0 * width, y0: y0 * height, x1: x1 * width, y1: y1 * height },
      score,
      label,
      via,
    }));
}

function answersOf(question: Question, found: FoundByKinds): Understood[] {
  if (question.kind !== "written") return thingsOf(question, found);
  const { on, text } = question;
  const { found: all, leastScore } = found.written;
  const read = all.flatMap((lines) => matchText(lines, text).map((place) => ({ place, lines })));
  const places = read.filter(({ place }) => place.score >= leastScore);
  if (on === undefined) return places.map(({ place }) => ({ ...place, via: "written" }));
  if (on === "something") {
    const best = places.toSorted((a, b) => b.place.score - a.place.score).slice(0, maxGroundedBoxes);
    return best.map(({ place, lines }) => ({ ...blockAround(place, lines), via: "written" }));
  }
  return thingsOf(on, found).flatMap((thing) => {
    const inside = places.find(({ place }) => insideOf(place, thing) >= leastInside);
    return inside ? [{ ...thing, label: inside.place.label, via: `written on ${thing.label}` }] : [];
  });
}

function thingsOf(question: ThingQuestion, found: FoundByKinds): Understood[] {
  const meanings = question.kind === "closed" ? question.meanings : [{ label: question.words, via: "words" }];
  const viaOf = new Map(meanings.map(({ label, via }) => [label, via]));
  const { found: all, leastScore } = found[question.kind];
  const asked = all.map((list) => list.filter(({ label }) => viaOf.has(label)));
  return mergeDetections(asked)
    .filter(({ score }) => score >= leastScore)
    .map((one) => ({ ...one, via: viaOf.get(one.label) ?? "" }));
}

/** Which share of the first lies in the other. */
function insideOf(one: Detection, outer: Detection): number {
  const across = Math.min(one.x1, outer.x1) - Math.max(one.x0, outer.x0);
  const down = Math.min(one.y1, outer.y1) - Math.max(one.y0, outer.y0);
  const area = (one.x1 - one.x0) * (one.y1 - one.y0);
  return area > 0 ? (Math.max(0, across) * Math.max(0, down)) / area : 0;
}
