import type { Crop, Grounding, ImageInfo, SegmentResult } from "../../../proto/index.js";
import { readingNotes } from "../../sam/picture-reading.js";

/** What `--json` prints: one object, its masks best first. */
export function resultAsJson(image: ImageInfo, { masks, timings, detail }: SegmentResult): Record<string, unknown> {
  return {
    image: imageAsJson(image),
    masks: masks.map(({ rle, bbox, area, predictedIou, stabilityScore, grounding }) => ({
      rle: rle && { size: rle.size, counts: rle.counts },
      bbox: bbox && { x: bbox.x, y: bbox.y, width: bbox.width, height: bbox.height },
      area,
      predictedIou,
      stabilityScore,
      ...(grounding ? { grounding: groundingAsJson(grounding) } : {}),
    })),
    timings: timings && {
      queueMs: timings.queueMs,
      embeddingMs: timings.embeddingMs,
      decodeMs: timings.decodeMs,
      maskMs: timings.maskMs,
    },
    ...(detail?.crop ? { detail: { crop: partAsJson(detail.crop), masks: detail.masks } } : {}),
  };
}

function groundingAsJson({ label, via, detector, score, box }: Grounding): Record<string, unknown> {
  return { label, via, detector, score, ...(box ? { box: { x0: box.x0, y0: box.y0, x1: box.x1, y1: box.y1 } } : {}) };
}

const partAsJson = ({ x = 0, y = 0, width = 0, height = 0 }: Crop) => ({ x, y, width, height });

/** A picture, and how its file was read where that is known. */
function imageAsJson({ imageId, width, height, reading }: ImageInfo): Record<string, unknown> {
  if (!reading) return { imageId, width, height };
  const { orientation, page, pages, bands, range } = reading;
  return {
    imageId,
    width,
    height,
    reading: {
      orientation,
      page,
      pages,
      ...(bands.length > 0 ? { bands } : {}),
      ...(range ? { range: { low: range.low, high: range.high } } : {}),
    },
  };
}

/** What a person reads: the picture, then a line for each mask. @param files where each mask was written, if it was. */
export function resultAsText(
  image: ImageInfo,
  { masks, detail }: Pick<SegmentResult, "masks" | "detail">,
  files: readonly string[][],
): string {
  const finer = detail?.crop && partAsJson(detail.crop);
  const pixels = image.width * image.height;
  const lines = masks.map((mask, index) => {
    const { x = 0, y = 0, width = 0, height = 0 } = mask.bbox ?? {};
    const share = ((100 * mask.area) / pixels).toFixed(1);
    return [
      `mask ${index + 1}`,
      ...(mask.grounding ? [`${mask.grounding.label} ${mask.grounding.score.toFixed(2)}`] : []),
      `score ${mask.predictedIou.toFixed(3)}`,
      `stability ${mask.stabilityScore.toFixed(3)}`,
      `area ${mask.area} px (${share} %)`,
      `box ${x},${y} ${width} x ${height}`,
      ...(finer && detail.masks.includes(index)
        ? [`finer at ${finer.x},${finer.y} ${finer.width} x ${finer.height}`]
        : []),
      ...(files[index] ?? []),
    ].join("  ");
  });
  const notes = image.reading ? readingNotes(image.reading) : [];
  return [[`picture ${image.width} x ${image.height}`, ...notes].join("  "), ...lines].join("\n");
}
