import { z } from "zod";
import type { DetectorFamily } from "./detector-family.js";
import { modelFile } from "./manifest-forms.js";

const files = z.strictObject({
  detection: modelFile.describe("Finds the lines that are written in a picture."),
  recognition: modelFile.describe("Reads one."),
  dictionary: modelFile.describe("Its characters, one a line; a space is added."),
});

/** PP-OCR of PaddleOCR, as its inference models are exported. */
export const ppocr: DetectorFamily<"ppocr", typeof files> = { name: "ppocr", vocabulary: "written", files };
