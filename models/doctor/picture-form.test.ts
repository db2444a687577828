import { expect, it } from "vitest";
import { pictureForms } from "./picture-form.js";

const sam = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], resize: "letterbox" } as const;
const entry = { mean: [...sam.mean], std: [...sam.std], resize: sam.resize } as Parameters<typeof pictureForms>[0];

it("differs from the entry's own form in one respect each, and says which", () => {
  const [own, ...others] = pictureForms(entry);
  expect(own).toEqual({ preprocess: entry, swapped: false });
  expect(others.map(({ fault }) => fault)).toEqual([
    'preprocess.resize is most likely "stretch" and not "letterbox"',
    expect.stringContaining("takes blue first"),
    "preprocess.mean and std are most likely [0, 0, 0] and [255, 255, 255]",
    "preprocess.mean and std are most likely [127.5, 127.5, 127.5] and [127.5, 127.5, 127.5]",
    "preprocess.mean and std are most likely [0, 0, 0] and [1, 1, 1]",
  ]);
  for (const { preprocess, swapped } of others) {
    const changes = [swapped, preprocess.resize !== entry.resize, String(preprocess.mean) !== String(entry.mean)];
    expect(changes.filter(Boolean)).toHaveLength(1);
  }
});
