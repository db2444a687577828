import { clip } from "./clip.js";
import type { DetectorFamily } from "./family.js";
import { groundingDino } from "./grounding-dino.js";
import { nanodet } from "./nanodet.js";
import { owl } from "./owl.js";
import { ppocr } from "./ppocr.js";
import { sam3Words } from "./sam3-words.js";
import { ssdlite } from "./ssdlite.js";

/** Detectors by the families that the manifest's entries name. */
export const detectorFamilies: Readonly<Record<string, DetectorFamily>> = {
  nanodet,
  ssdlite,
  ppocr,
  owlvit: owl(768, "stretch"),
  owlv2: owl(960, "pad"),
  "grounding-dino": groundingDino,
  "sam3-words": sam3Words,
  clip,
};
