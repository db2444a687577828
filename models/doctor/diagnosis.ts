import { type Examination, rightIou } from "./examination.js";

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
  trials,
  fault,
  encodeMs,
  decodeMs,
  memoryBytes,
}: Examination): Finding[] {
  return [
    masksFinding({ pictures, otherRule, trials, fault }),
    ...formFinding(trials),
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

/** By so much a form has to be better than the entry's own: the same model differs by less from one form to an equal one. */
const clearIou = 0.05;

/** What one of the other forms says that is wrong with the entry; nothing when its own is as good as any. */
function formFinding(trials: Examination["trials"]): Finding[] {
  const [own, ...others] = trials;
  const best = others.reduce((most, one) => (one.iou > most.iou ? one : most), { fault: undefined, iou: 0 });
  if (!own || best.fault === undefined || best.iou < own.iou + clearIou) return [];
  return [
    {
      isFine: false,
      sentence: `On faint, noisy and narrow pictures the masks have a mean IoU of ${own.iou.toFixed(2)} and could have ${best.iou.toFixed(2)}: ${best.fault}.`,
    },
  ];
}

function masksFinding({
  pictures,
  otherRule,
  trials,
  fault,
}: Pick<Examination, "pictures" | "otherRule" | "trials"> & { fault: string | undefined }): Finding {
  const wrong = pictures.filter((one) => !(worst(one) >= rightIou));
  if (wrong.length === 0) {
    const least = Math.min(...pictures.map(worst));
    // A model may see things that are squeezed as well as others: then clear pictures do not tell which rule it was trained with.
    const by = otherRule[0] ? `; by "${otherRule[0].resize}" ${Math.min(...otherRule.map(worst)).toFixed(2)}` : "";
    return {
      isFine: true,
      sentence: `The masks of ${pictures.length} pictures of known objects are right: 8 orientations of ${sizesOf(pictures)} (IoU ${least.toFixed(2)} at least${by}).`,
    };
  }
  if (fault !== undefined) {
    return {
      isFine: false,
      sentence: `The encoder gives no embedding of some pictures: ${fault}. Its graph is damaged, or of a precision that is too low for it.`,
    };
  }
  if (!wrong.some(({ orientation }) => orientation === 1)) {
    const turned = [...new Set(wrong.map(({ orientation }) => orientation))].join(", ");
    return {
      isFine: false,
      sentence: `The masks of pictures in EXIF orientations ${turned} are wrong, those of upright ones are right: report that, it is a fault of Maskwire.`,
    };
  }
  const { width, height, orientation, ious } = wrong[0]!;
  const values = Object.entries(ious).map(([name, iou]) => `${name} ${iou.toFixed(2)}`);
  const why =
    formFinding(trials).length > 0
      ? ""
      : " No other form of the pictures gives better ones: a graph is damaged, encoder and decoder do not belong together, or the names in tensors are not the right ones.";
  return {
    isFine: false,
    sentence: `${wrong.length} of ${pictures.length} pictures have a wrong mask; of ${width} x ${height} in orientation ${orientation}: IoU ${values.join(", ")}.${why}`,
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

const sizesOf = (pictures: Pictures) =>
  [...new Set(pictures.map(({ width, height }) => `${width} x ${height}`))].join(", ");

const megabytes = (bytes: number) => `${Math.max(0, bytes / 1e6).toFixed(0)} MB`;

export function diagnosisText(model: string, findings: readonly Finding[]): string {
  const lines = findings.map(({ isFine, sentence }) => `  ${isFine ? "ok   " : "wrong"}  ${sentence}`);
  return [`${model}: ${findings.every(({ isFine }) => isFine) ? "all is well" : "something is wrong"}`, ...lines].join(
    "\n",
  );
}
