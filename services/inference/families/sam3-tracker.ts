import { sam2Split } from "./sam2-split.js";
import type { SegmenterFamily } from "./segmenter-family.js";

/** Of its coarsest features SAM 3 makes one of so many pixels, SAM 2 of 16. */
const cell = 14;

/**
 * SAM 3's tracker for pictures, which answers clicks and boxes, for transformers.js: SAM 2's interface on a frame of 1008 pixels
 * with a grid of 288, and pictures from -1 to 1. It does not look for words.
 */
export const sam3Tracker: SegmenterFamily<"sam3-tracker", typeof sam2Split.tensors> = {
  ...sam2Split,
  name: "sam3-tracker",
  // Its memory is of other sides, and no export of it was looked at.
  mayRemember: false,
  preprocess: { size: 1008, resize: "stretch", mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  contracts(tensors, { size: side }) {
    const { encoder, decoder } = sam2Split.contracts(tensors, { size: (16 * side) / cell });
    return { encoder, decoder: { ...decoder, tokens: { ...decoder.tokens, side } } };
  },
};
