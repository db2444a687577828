import type { Pass } from "../pass.js";

/** What makes an encoder faster on a CPU with the same results, in this order. Each that does not apply is left out. */
export const exactPasses: readonly Pass[] = [];
