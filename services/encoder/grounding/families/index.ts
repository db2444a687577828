import type { DetectorFamily } from "./family.js";
import { nanodet } from "./nanodet.js";
import { ppocr } from "./ppocr.js";
import { ssdlite } from "./ssdlite.js";

/** Detectors by the families that the manifest's entries name. */
export const detectorFamilies: Readonly<Record<string, DetectorFamily>> = { nanodet, ssdlite, ppocr };
