import type { Pass } from "../pass.js";
import { anyFrame } from "./any-frame.js";

/** What makes an encoder take a frame of any sides. All of them have to apply. */
export const framePasses: readonly Pass[] = [anyFrame];
