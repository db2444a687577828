/** What masks of a video are written as. */
export const layoutNames = ["davis", "colmap", "nerfstudio", "coco", "mots", "youtube-vis", "rgba", "overlay"] as const;
export type Layout = (typeof layoutNames)[number];

/** Those that are one file and no folder. */
const files: ReadonlySet<Layout> = new Set<Layout>(["coco", "youtube-vis", "overlay"]);
export const isOneFile = (layout: Layout): boolean => files.has(layout);
