import { z } from "zod";
import { isPermissive } from "./licence.js";
import { description, modelFile } from "./manifest-forms.js";
import type { Capabilities, DetectorSpec } from "./model-spec.js";
import { placedFiles } from "./placed-files.js";

/** Detectors whose pictures become boxes in the same way. A family is one of these, and what the encoder does with its files. */
export interface DetectorFamily<Name extends string, Files extends z.ZodType> {
  /** What entries call it. */
  readonly name: Name;
  readonly vocabulary: DetectorSpec["vocabulary"];
  /** By their roles. */
  readonly files: Files;
}

/** An ONNX graph, or one of TensorFlow.js, which is converted where it is used. */
export const graphFiles = z.union([
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
export function detectorForm<Name extends string, Files extends z.ZodType>(family: DetectorFamily<Name, Files>) {
  const { name, vocabulary, files } = family;
  const entry = z.strictObject({ ...description, family: z.literal(name), files });
  return entry.transform((one): DetectorSpec[] => {
    const { files, ...own } = one as typeof one & {
      files: DetectorSpec["files"];
      licence: string;
      needsConsent?: boolean;
    };
    return [
      {
        ...own,
        kind: "detector",
        vocabulary,
        capabilities: byWords,
        needsConsent: own.needsConsent ?? !isPermissive(own.licence),
        files: placedFiles(files),
      } as DetectorSpec,
    ];
  });
}
