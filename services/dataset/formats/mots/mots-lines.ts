import type { Mask } from "../types.js";

/*
 * MOTS, as "MOTS: Multi-Object Tracking and Segmentation" (Voigtlaender et al. 2019) has annotations: a number is its class times
 * 1,000 and the object's; frames are numbered from 0, and no pixel is of two objects.
 */

/** What is left of a class's thousand. */
export const mostOfClass = 999;
/** Numbers have 16 bits. */
export const mostClasses = 64;

export const motsNumber = (kind: number, object: number) => kind * 1000 + object;

/** A frame's PNG among a sequence's. */
export const motsFrame = (frame: number) => `${String(frame).padStart(6, "0")}.png`;

/** A line of its text: frame, object, class, height, width, COCO's compressed run-length encoding. */
export const motsLine = (frame: number, number: number, { size: [height, width], counts }: Mask) =>
  `${frame} ${number} ${Math.floor(number / 1000)} ${height} ${width} ${counts}\n`;
