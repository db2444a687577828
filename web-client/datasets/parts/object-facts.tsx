import type { DatasetObject, Label } from "../../../proto/index.js";
import { language } from "../../words/words.js";
import { words } from "../words/words.js";
import { colourOf, nameOfLabel } from "./look-of.js";
import { rounded, secondsOf } from "./numbers.js";

/** What is known of an object, beside its picture. */
export function ObjectFacts({ object, labels }: { object: DatasetObject; labels: readonly Label[] }) {
  const { predictedIou = 0, stabilityScore = 0, seconds = 0 } = object.provenance ?? {};
  const facts: readonly (readonly [string, string])[] = [
    [words.review.area, object.area.toLocaleString(language)],
    [words.review.score, predictedIou === 0 ? "–" : rounded(predictedIou, 2)],
    [words.review.stability, stabilityScore === 0 ? "–" : rounded(stabilityScore, 2)],
    [words.review.seconds, secondsOf(seconds)],
  ];
  return (
    <>
      <p class="label-line">
        <Swatch colour={colourOf(labels, object.label)} />
        <strong>{nameOfLabel(labels, object.label)}</strong>
      </p>
      <dl class="object-facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** A label's colour, beside its name. */
export function Swatch({ colour }: { colour: string }) {
  return (
    <svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">
      <rect width="12" height="12" rx="3.5" fill={colour} />
    </svg>
  );
}
