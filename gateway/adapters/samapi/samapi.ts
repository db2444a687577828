import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { EverythingMode, type Mask, polygonsOf } from "../../../proto/index.js";
import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import { type AdapterPort, AdapterRoutes, type Asked } from "../shared/adapter.js";
import { everything } from "../shared/everything.js";
import { type Corner, cornersOf, ringLength } from "../shared/geometry.js";
import { inTurns } from "../shared/in-turns.js";
import { basicOrBearer } from "../shared/keys.js";
import { runsOf } from "../shared/mask-part.js";
import { pictureIn } from "../shared/picture.js";
import { asMany, segment } from "../shared/segment.js";
import type { AdapterBody } from "../shared/take-bodies.js";

const number = z.number({ error: "a number is missing" });
const pair = z.tuple([number, number], { error: "a point is [x, y]" });
const common = {
  type: z.string().default("vit_h"),
  b64img: z.string({ error: "the picture is missing" }),
};
const promptForm = z.looseObject({
  ...common,
  bbox: z.tuple([number, number, number, number], { error: "a box is [x1, y1, x2, y2]" }).nullish(),
  point_coords: z.array(pair).max(1000).nullish(),
  point_labels: z.array(number).max(1000).nullish(),
  multimask_output: z.boolean().nullish(),
});
const multiple = "Multi-mask (all)";
const automaskForm = z.looseObject({
  ...common,
  points_per_side: number.int().nullish(),
  pred_iou_thresh: number.nullish(),
  stability_score_thresh: number.nullish(),
  stability_score_offset: number.nullish(),
  box_nms_thresh: number.nullish(),
  crop_n_layers: number.int().min(0).nullish(),
  crop_nms_thresh: number.nullish(),
  crop_overlap_ratio: number.nullish(),
  crop_n_points_downscale_factor: number.int().min(1).nullish(),
  min_mask_region_area: number.int().min(0).nullish(),
  output_type: z.string().default(multiple),
  include_image_edge: z.boolean().default(false),
});
type Automask = z.output<typeof automaskForm>;

/** Of the protocol, not of this program: clients compare it. */
const version = "0.7.1";
const modelTypes = ["vit_h", "vit_l", "vit_b", "vit_t", "sam2_l", "sam2_bp", "sam2_s", "sam2_t"];

/** The server of QuPath's extension (X14): whichever model is asked for, the usual one answers. */
export async function samapi(app: FastifyInstance, { port }: { port: AdapterPort }): Promise<void> {
  const routes = new AdapterRoutes(app, port, { authorization: basicOrBearer, errorForm });
  routes.get("/sam/version/", ({ reply }) => {
    reply.type("text/plain; charset=utf-8");
    return Buffer.from(version);
  });
  routes.get("/sam/weights/", ({ request }) => {
    const { type } = request.query as { type?: string };
    const wanted = modelTypes.filter((one) => type === undefined || one === type);
    return wanted.map((one) => ({ type: one, name: "default", url: "" }));
  });
  // Models are the operator's to choose.
  routes.post("/sam/weights/", z.looseObject({}), () => {
    throw new ServiceError({
      code: Code.UNIMPLEMENTED,
      message: "Weights are chosen by whoever runs this server; use the default ones.",
    });
  });
  routes.get("/sam/weights/cancel/", () => ({ message: "Nothing is being fetched." }));
  routes.get("/sam/progress/", () => ({ message: "Nothing is being fetched.", percent: 0 }));
  routes.post("/sam/", promptForm, async (asked, given, body) => {
    const { masks } = await segment(asked, pictureIn(body, given.b64img), promptOf(given), {
      ...asMany(given.multimask_output),
    });
    return featuresOf(masks, given.type);
  });
  routes.post("/sam/automask/", automaskForm, async (asked, given, body) =>
    featuresOf(await automask(asked, given, body), given.type),
  );
}

function promptOf({ bbox, point_coords: coords, point_labels: labels }: z.output<typeof promptForm>) {
  const points = (coords ?? []).map(([x, y], at) => ({ x, y, label: (labels?.[at] ?? 1) > 0 ? 1 : 0 }));
  return { points, box: bbox ? { x0: bbox[0], y0: bbox[1], x1: bbox[2], y1: bbox[3] } : undefined };
}

async function automask(asked: Asked, given: Automask, body: AdapterBody): Promise<Mask[]> {
  const options = {
    mode: EverythingMode.EXHAUSTIVE,
    pointsPerSide: given.points_per_side ?? undefined,
    predIouThresh: given.pred_iou_thresh ?? undefined,
    stabilityScoreThresh: given.stability_score_thresh ?? undefined,
    stabilityScoreOffset: given.stability_score_offset ?? undefined,
    boxNmsThresh: given.box_nms_thresh ?? undefined,
    cropNLayers: given.crop_n_layers ?? undefined,
    cropNmsThresh: given.crop_nms_thresh ?? undefined,
    cropOverlapRatio: given.crop_overlap_ratio ?? undefined,
    cropNPointsDownscaleFactor: given.crop_n_points_downscale_factor ?? undefined,
    minMaskRegionArea: given.min_mask_region_area ?? undefined,
  };
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const found = (await everything(asked, pictureIn(body, given.b64img), set)).map(({ mask }) => mask);
  const kept = given.include_image_edge ? found : found.filter((mask) => !touchesEdge(mask));
  return chosen(kept, given.output_type);
}

/** "Single Mask" and the like ask for one of all. */
function chosen(masks: Mask[], type: string): Mask[] {
  if (/smallest/i.test(type)) return masks.slice(-1);
  if (/largest/i.test(type)) return masks.slice(0, 1);
  if (/best/i.test(type)) return [...masks].sort((a, b) => b.predictedIou - a.predictedIou).slice(0, 1);
  return masks;
}

function touchesEdge({ bbox, rle }: Mask): boolean {
  const { x = 0, y = 0, width = 0, height = 0 } = bbox ?? {};
  const [bottom = 0, right = 0] = rle?.size ?? [];
  return x === 0 || y === 0 || x + width === right || y + height === bottom;
}

/** The longest outer ring of each mask, closed by its first corner. */
async function featuresOf(masks: readonly Mask[], type: string): Promise<object[]> {
  const features = await inTurns(masks, (mask, index) => {
    const [ring] = polygonsOf(runsOf(mask))
      .outer.map(cornersOf)
      .sort((a, b) => ringLength(b) - ringLength(a));
    if (!ring) return [];
    const coordinates: (readonly Corner[])[] = [[...ring, ...ring.slice(0, 1)]];
    const properties = { object_idx: index, label: "object", quality: mask.predictedIou, sam_model: type };
    return [{ type: "Feature", geometry: { type: "Polygon", coordinates }, properties }];
  });
  return features.flat();
}

/** FastAPI's. */
const errorForm: ErrorForm = ({ message }) => ({ body: { detail: message } });
