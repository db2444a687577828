import { randomBytes } from "node:crypto";
import { encodeLabelStudioRle, type Mask, MaskFormat, polygonsOf, rleBoundingBox } from "../../../proto/index.js";
import { cornersOf, simplify } from "../shared/geometry.js";
import { runsOf } from "../shared/mask-part.js";
import type { AnswerControl } from "./label-config.js";

/** Pixels by which a polygon may leave its mask: people drag its corners. */
const tolerance = 1.5;

/** What is asked for beside the mask. */
export const formatsOf = ({ kind }: AnswerControl): MaskFormat[] => (kind === "bitmask" ? [MaskFormat.PNG] : []);

/** A mask as what its control holds: one item, or of polygons one a ring. @param label undefined for none. */
export function itemsOf(mask: Mask, { kind, name, toName }: AnswerControl, label: string | undefined): object[] {
  const runs = runsOf(mask);
  const { width, height } = runs;
  const box = rleBoundingBox(runs);
  if (box.width === 0) return [];
  const type = `${kind}labels`;
  const item = (value: object) => ({
    id: randomBytes(6).toString("base64url"),
    from_name: name,
    to_name: toName,
    type,
    original_width: width,
    original_height: height,
    image_rotation: 0,
    score: Math.min(1, Math.max(0, mask.predictedIou)),
    readonly: false,
    value: { ...value, ...(label === undefined ? {} : { [type]: [label] }) },
  });
  const x = (pixels: number) => percent(pixels, width);
  const y = (pixels: number) => percent(pixels, height);
  switch (kind) {
    case "brush":
      return [item({ format: "rle", rle: encodeLabelStudioRle(runs) })];
    case "bitmask":
      return [item({ imageDataURL: pngUri(mask), width, height })];
    case "polygon":
      return polygonsOf(runs).outer.map((ring) =>
        item({ points: simplify(cornersOf(ring), tolerance).map(([px, py]) => [x(px), y(py)]), closed: true }),
      );
    case "rectangle":
      return [item({ x: x(box.x), y: y(box.y), width: x(box.width), height: y(box.height), rotation: 0 })];
  }
}

/** Readers refuse what is over 100. */
const percent = (pixels: number, side: number) => Math.min(100, Math.max(0, (100 * pixels) / side));

const pngUri = ({ png = new Uint8Array() }: Mask) => `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
