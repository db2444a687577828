import { z } from "zod";
import { detectorForm, graphFiles } from "./detector-family.js";
import { ppocr } from "./ppocr.js";
import { sam1 } from "./sam1.js";
import { sam1Pixels } from "./sam1-pixels.js";
import { segmenterForm } from "./segmenter-family.js";

/** An entry of the manifest that finds masks. A family is a row here. */
export const entryForm = z.discriminatedUnion("family", [segmenterForm(sam1), segmenterForm(sam1Pixels)]);

/** One that finds what words name. */
export const detectorEntryForm = z.discriminatedUnion("family", [
  detectorForm({ name: "nanodet", vocabulary: "closed", files: graphFiles }),
  detectorForm({ name: "ssdlite", vocabulary: "closed", files: graphFiles }),
  detectorForm(ppocr),
]);
