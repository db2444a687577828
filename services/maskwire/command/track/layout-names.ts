/** How masks of a video lie in a folder. */
export const layoutNames = ["davis", "colmap", "nerfstudio", "coco"] as const;
export type Layout = (typeof layoutNames)[number];
