import { type Examination, rightIou } from "./examine-model.js";

interface Finding {
  isFine: boolean;
  /** One sentence or a few, for who runs the model. */
  sentence: string;
}

type Pictures = Examination["pictures"];

/** What an examination means, in plain words: whether the model can be served, and if not, what is most likely wrong. */
export function diagnose({
  model,
  provider,
  skipped,
  graphs,
  pictures,
  otherRule,
  encodeMs,
  decodeMs,
  memoryBytes,
}: Examination): Finding[] {
  return [
    masksFinding(pictures, otherRule),
    {
      // A later provider is what somebody asked for as well, and not the first choice.
      isFine: skipped.length === 0,
      sentence: `${model} runs on ${provider}.${skipped.map((why) => ` Not on ${why}.`).join("")}`,
    },
    graphFinding("encoder", graphs.encoder),
    graphFinding("decoder", graphs.decoder),
    {
      isFine: true,
      sentence: `An encode takes ${encodeMs.toFixed(0)} ms, a click ${decodeMs.toFixed(0)} ms (medians); the process took ${megabytes(memoryBytes)} more.`,
    },
  ];
}

function masksFinding(pictures: Pictures, otherRule: Pictures): Finding {
  const wrong = pictures.filter((one) => !(worst(one) >= rightIou));
  const rule = pictures[0]?.resize ?? "letterbox";
  if (wrong.length === 0) {
    const least = Math.min(...pictures.map(worst));
    // A model may see things that are squeezed as well as others: then the masks do not tell which rule it was trained with.
    const by = otherRule[0] ? `; by "${otherRule[0].resize}" ${Math.min(...otherRule.map(worst)).toFixed(2)}` : "";
    return {
      isFine: true,
      sentence: `The masks of ${pictures.length} pictures of known objects are right: 8 orientations of ${sizesOf(pictures)} (IoU ${least.toFixed(2)} at least${by}).`,
    };
  }
  const other = otherRule[0]?.resize;
  if (otherRule.length > 0 && otherRule.every((one) => worst(one) >= rightIou)) {
    return {
      isFine: false,
      sentence: `The masks are wrong by "${rule}" (mean IoU ${mean(pictures).toFixed(2)}), and better by "${other}" (${mean(otherRule).toFixed(2)}): the entry's preprocess.resize is most likely the other one.`,
    };
  }
  const upright = wrong.some(({ orientation }) => orientation === 1);
  if (!upright) {
    const turned = [...new Set(wrong.map(({ orientation }) => orientation))].join(", ");
    return {
      isFine: false,
      sentence: `The masks of pictures in EXIF orientations ${turned} are wrong, those of upright ones are right: report that, it is a fault of Maskwire.`,
    };
  }
  const { width, height, orientation, ious } = wrong[0]!;
  const values = Object.entries(ious).map(([name, iou]) => `${name} ${iou.toFixed(2)}`);
  return {
    isFine: false,
    sentence:
      `${wrong.length} of ${pictures.length} pictures have a wrong mask; of ${width} x ${height} in orientation ${orientation}: IoU ${values.join(", ")}. ` +
      "Most likely preprocess.mean and std, the names in tensors, or encoder and decoder that do not belong together.",
  };
}

function graphFinding(graph: "encoder" | "decoder", served: Examination["graphs"]["encoder"]): Finding {
  return {
    isFine: true,
    sentence:
      served.kind === "rewritten"
        ? `The ${graph} is served by a faster graph that was proven on this machine: its values differ by ${served.difference.toExponential(1)} at most.`
        : `The ${graph} is served as it was exported, because ${served.reason}.`,
  };
}

const worst = ({ ious }: Pictures[number]) => Math.min(...Object.values(ious));

function mean(pictures: Pictures): number {
  const all = pictures.flatMap(({ ious }) => Object.values(ious));
  return all.reduce((sum, iou) => sum + iou, 0) / Math.max(1, all.length);
}

const sizesOf = (pictures: Pictures) =>
  [...new Set(pictures.map(({ width, height }) => `${width} x ${height}`))].join(", ");

const megabytes = (bytes: number) => `${Math.max(0, bytes / 1e6).toFixed(0)} MB`;

export function diagnosisText(model: string, findings: readonly Finding[]): string {
  const lines = findings.map(({ isFine, sentence }) => `  ${isFine ? "ok   " : "wrong"}  ${sentence}`);
  return [`${model}: ${findings.every(({ isFine }) => isFine) ? "all is well" : "something is wrong"}`, ...lines].join(
    "\n",
  );
}
