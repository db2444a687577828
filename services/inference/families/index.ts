import { z } from "zod";
import { detectorForm, graphFiles } from "./detector-family.js";
import { efficientsam } from "./efficientsam.js";
import { efficientvitSam } from "./efficientvit-sam.js";
import { hqSam } from "./hq-sam.js";
import { oneGraph, threeGraphs, twoGraphs } from "./open-families.js";
import { ppocr } from "./ppocr.js";
import { sam1 } from "./sam1.js";
import { sam1Pixels } from "./sam1-pixels.js";
import { sam1Split } from "./sam1-split.js";
import { sam2 } from "./sam2.js";
import { sam2Sized } from "./sam2-sized.js";
import { sam2Split } from "./sam2-split.js";
import { sam3Tracker } from "./sam3-tracker.js";
import { segmenterForm } from "./segmenter-family.js";

/** An entry of the manifest that finds masks. A family is a row here. */
export const entryForm = z.discriminatedUnion("family", [
  segmenterForm(sam1),
  segmenterForm(sam1Pixels),
  segmenterForm(sam1Split),
  segmenterForm(efficientsam),
  segmenterForm(efficientvitSam),
  segmenterForm(hqSam),
  segmenterForm(sam2),
  segmenterForm(sam2Sized),
  segmenterForm(sam2Split),
  segmenterForm(sam3Tracker),
]);

/** One that finds what words name. */
export const detectorEntryForm = z.discriminatedUnion("family", [
  detectorForm({ name: "nanodet", vocabulary: "closed", files: graphFiles }),
  detectorForm({ name: "ssdlite", vocabulary: "closed", files: graphFiles }),
  detectorForm(ppocr),
  detectorForm({ name: "owlvit", vocabulary: "open", files: oneGraph }),
  detectorForm({ name: "owlv2", vocabulary: "open", files: oneGraph }),
  detectorForm({ name: "grounding-dino", vocabulary: "open", files: oneGraph }),
  detectorForm({ name: "clip", vocabulary: "ranking", files: twoGraphs }),
  detectorForm({ name: "sam3-words", vocabulary: "open", files: threeGraphs }),
]);

/** What entries of those call their families. */
export const detectorFamilies: readonly string[] = detectorEntryForm.options.map(
  ({ in: { shape } }) => shape.family.value,
);
