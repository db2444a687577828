import { expect, it } from "vitest";
import { Manifest } from "../../inference/models/manifest.js";
import { pictureFrame, wholeFrame } from "./encoded-frame.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);

it.each([
  [1024, 1024, 1024, 1024],
  [1024, 683, 1024, 688],
  [576, 1024, 576, 1024],
  [577, 1024, 592, 1024],
  [1024, 1, 1024, 16],
])("encodes a picture that fills %i x %i pixels of the frame in %i x %i", (width, height, frameWidth, frameHeight) => {
  expect(pictureFrame(model, { width, height })).toEqual({ width: frameWidth, height: frameHeight });
});

it("knows the whole frame", () => {
  expect(wholeFrame(model)).toEqual({ width: 1024, height: 1024 });
});
