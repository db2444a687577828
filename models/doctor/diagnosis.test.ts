import { expect, it } from "vitest";
import { diagnose, diagnosisText } from "./diagnosis.js";
import type { Examination } from "./examination.js";

const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
const picture = (orientation: number, iou: number, resize: "letterbox" | "stretch" = "letterbox") => ({
  width: 641,
  height: 427,
  orientation,
  resize,
  ious: { disc: iou, plate: 0.99 },
});

const faults = ["resize", "BGR", "mean"];
/** Of which one is better than the others, or none. */
const otherForms = (iou: number, better = "", itsIou = iou) =>
  faults.map((fault) => ({ fault: `it is ${fault}`, iou: fault === better ? itsIou : iou }));

function examined(iouOf: (orientation: number) => number, changes: Partial<Examination> = {}): Examination {
  return {
    model: "mine",
    provider: "cpu",
    skipped: [],
    graphs: {
      encoder: { kind: "rewritten", difference: 1e-5 },
      decoder: { kind: "stock", reason: "it has no attention" },
    },
    pictures: orientations.map((one) => picture(one, iouOf(one))),
    otherRule: [picture(1, 0.3, "stretch")],
    trials: [{ fault: undefined, iou: 0.97 }, ...otherForms(0.6)],
    encodeMs: 700.4,
    decodeMs: 18.2,
    memoryBytes: 489e6,
    ...changes,
  };
}

it("takes another form that does as well for no fault of the entry's", () => {
  const trials = [{ fault: undefined, iou: 0.9 }, ...otherForms(0.6, "BGR", 0.94)];
  expect(diagnose(examined(() => 0.97, { trials })).every(({ isFine }) => isFine)).toBe(true);
});

it("says that all is well, with the figures", () => {
  expect(diagnosisText("mine", diagnose(examined(() => 0.97)))).toBe(
    [
      "mine: all is well",
      '  ok     The masks of 8 pictures of known objects are right: 8 orientations of 641 x 427 (IoU 0.97 at least; by "stretch" 0.30).',
      "  ok     mine runs on cpu.",
      "  ok     The encoder is served by a faster graph that was proven on this machine: its values differ by 1.0e-5 at most.",
      "  ok     The decoder is served as it was exported, because it has no attention.",
      "  ok     An encode takes 700 ms, a click 18 ms (medians); the process took 489 MB more.",
    ].join("\n"),
  );
});

it.each<[string, Examination, RegExp]>([
  [
    "a form that does better on hard pictures alone",
    examined(() => 0.97, { trials: [{ fault: undefined, iou: 0.7 }, ...otherForms(0.6, "BGR", 0.9)] }),
    /^On faint, noisy and narrow pictures the masks have a mean IoU of 0\.70 and could have 0\.90: it is BGR\.$/,
  ],
  [
    "a form that all masks are wrong without",
    examined(() => 0.2, { trials: [{ fault: undefined, iou: 0.1 }, ...otherForms(0.1, "mean", 0.95)] }),
    /8 of 8 pictures have a wrong mask; of 641 x 427 in orientation 1: IoU disc 0\.20, plate 0\.99\.,On faint, .* 0\.95: it is mean\./,
  ],
  [
    "values that are none",
    examined(() => Number.NaN, { fault: 'the embedding "image" holds NaN' }),
    /no embedding of some pictures: the embedding "image" holds NaN\. Its graph is damaged/,
  ],
  [
    "turned pictures alone",
    examined((orientation) => (orientation >= 5 ? 0.1 : 0.95)),
    /EXIF orientations 5, 6, 7, 8 are wrong, those of upright ones are right/,
  ],
  [
    "all of them",
    examined(() => 0.1),
    /8 of 8 pictures have a wrong mask; of 641 x 427 in orientation 1: IoU disc 0\.10, plate 0\.99\. No other form .* a graph is damaged/,
  ],
  ["no mask at all", examined(() => Number.NaN), /8 of 8 pictures have a wrong mask/],
  [
    "a provider that did not start",
    examined(() => 0.97, { skipped: ["cuda: no such library"] }),
    /Not on cuda: no such library/,
  ],
])("says what is wrong: %s", (_what, examination, sentence) => {
  const wrong = diagnose(examination).filter(({ isFine }) => !isFine);
  expect(wrong.map((one) => one.sentence).join()).toMatch(sentence);
  expect(diagnosisText("mine", wrong)).toMatch(/^mine: something is wrong\n {2}wrong {2}/);
});
