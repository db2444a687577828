import { expect, it } from "vitest";
import { diagnose, diagnosisText } from "./diagnosis.js";
import type { Examination } from "./examine-model.js";

const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
const picture = (orientation: number, iou: number, resize: "letterbox" | "stretch" = "letterbox") => ({
  width: 641,
  height: 427,
  orientation,
  resize,
  ious: { disc: iou, plate: 0.99 },
});

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
    encodeMs: 700.4,
    decodeMs: 18.2,
    memoryBytes: 489e6,
    ...changes,
  };
}

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
    "the other resize rule",
    examined(() => 0.2, { otherRule: [picture(1, 0.95, "stretch")] }),
    /wrong by "letterbox" \(mean IoU 0\.6\d\), and better by "stretch" \(0\.97\): the entry's preprocess\.resize is most likely/,
  ],
  [
    "turned pictures alone",
    examined((orientation) => (orientation >= 5 ? 0.1 : 0.95)),
    /EXIF orientations 5, 6, 7, 8 are wrong, those of upright ones are right/,
  ],
  [
    "all of them",
    examined(() => 0.1),
    /8 of 8 pictures have a wrong mask; of 641 x 427 in orientation 1: IoU disc 0\.10, plate 0\.99\. Most likely preprocess\.mean/,
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
