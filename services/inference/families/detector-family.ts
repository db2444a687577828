import { z } from "zod";
import { isPermissive } from "./licence.js";
import { description, modelFile } from "./manifest-forms.js";
import type { Capabilities, DetectorSpec } from "./model-spec.js";
import { placedFiles } from "./placed-files.js";

/** A detector's own files: an ONNX graph, or one of TensorFlow.js, which is converted where it is used. */
const detectorFiles = z.union([
  z.strictObject({ graph: modelFile }),
  z
    .object({ topology: modelFile.describe("model.json of TensorFlow.js.") })
    .catchall(modelFile)
    .describe("Beside the topology the files that it names, in any roles."),
]);

/** It finds boxes, and no mask. */
const byWords: Capabilities = {
  points: "none",
  boxes: false,
  maskInput: false,
  candidates: 1,
  text: true,
  video: false,
};

/** An entry of a family of detectors, which find what words name -> what the encoder runs. */
export function detectorForm<Name extends string>(name: Name) {
  const entry = z.strictObject({ ...description, family: z.literal(name), files: detectorFiles });
  return entry.transform(({ files, ...one }): DetectorSpec[] => [
    {
      ...one,
      kind: "detector",
      capabilities: byWords,
      needsConsent: one.needsConsent ?? !isPermissive(one.licence),
      files: placedFiles(files as DetectorSpec["files"]),
    },
  ]);
}
