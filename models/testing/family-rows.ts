import type { DecoderGraphInterface, EncoderInterface } from "./family-graphs.js";

/** One kind of exports, written down from its exporter and not from our own description of it. */
export interface FamilyRow {
  readonly family: string;
  /** What an entry has to say of it. */
  readonly entry?: object;
  readonly encoder: EncoderInterface;
  readonly decoder: DecoderGraphInterface;
  /** A picture fills the frame by both sides. */
  readonly stretches: boolean;
  /** Tokens and pads that the graph is to be given for a point, and for a box. */
  readonly point: readonly [tokens: number, pads: number];
  readonly box?: readonly [tokens: number, pads: number];
  readonly takes: { readonly negatives: boolean; readonly mask: boolean; readonly mostPoints?: number };
}

const image = [1, 256, 64, 64] as const;
const n = "points";

const metaDecoder = {
  embedding: [["image_embeddings", image]],
  points: ["point_coords", [1, n, 2]],
  labels: ["point_labels", [1, n], "float32"],
  mask: ["mask_input", "has_mask_input"],
  size: { name: "orig_im_size", type: "float32" },
  side: 1024,
  grid: 256,
  masks: 4,
  logits: ["low_res_masks", [1, 4, 256, 256]],
  scores: ["iou_predictions", [1, 4]],
} satisfies DecoderGraphInterface;

const everything = { negatives: true, mask: true };
const noMask = { negatives: true, mask: false };

const pyramid = (cells: number, names: readonly [string, string, string]) => {
  const [quarter, eighth, coarse] = names;
  return [
    [quarter, [1, 32, 4 * cells, 4 * cells]],
    [eighth, [1, 64, 2 * cells, 2 * cells]],
    [coarse, [1, 256, cells, cells]],
  ] as const;
};

const samexporterNames = ["high_res_feats_0", "high_res_feats_1", "image_embed"] as const;
const osamNames = ["high_res_features1", "high_res_features2", "image_embeddings"] as const;
const splitNames = ["image_embeddings.0", "image_embeddings.1", "image_embeddings.2"] as const;

const lastFirst = ([a, b, c]: ReturnType<typeof pyramid>) => [c, a, b] as const;

/** As transformers.js runs SAM 2 and what has its interface. */
const splitRow = (family: string, side: number, cells: number): FamilyRow => ({
  family,
  encoder: { input: ["pixel_values", ["batch", 3, side, side]], side, outputs: pyramid(cells, splitNames) },
  decoder: {
    embedding: pyramid(cells, splitNames),
    points: ["input_points", ["batch", "prompts", n, 2]],
    labels: ["input_labels", ["batch", "prompts", n], "int64"],
    boxes: ["input_boxes", ["batch", "boxes", 4]],
    side,
    grid: 4 * cells,
    masks: 3,
    logits: ["pred_masks", ["batch", "prompts", 3, 4 * cells, 4 * cells]],
    scores: ["iou_scores", ["batch", "prompts", 3]],
  },
  stretches: true,
  point: [1, 0],
  box: [1, 0],
  takes: noMask,
});

export const familyRows: readonly FamilyRow[] = [
  {
    family: "sam1",
    entry: { tensors: { encoder: { input: "x", output: "y" } } },
    encoder: { input: ["x", [1, 3, 1024, 1024]], side: 1024, outputs: [["y", image]] },
    decoder: metaDecoder,
    stretches: false,
    point: [2, 1],
    box: [2, 0],
    takes: everything,
  },
  {
    family: "sam1-pixels",
    encoder: { input: ["input_image", ["height", "width", 3]], side: 1024, outputs: [["image_embeddings", image]] },
    decoder: metaDecoder,
    stretches: false,
    point: [2, 1],
    box: [2, 0],
    takes: everything,
  },
  {
    family: "sam1-split",
    encoder: {
      input: ["pixel_values", ["batch", 3, 1024, 1024]],
      side: 1024,
      outputs: [
        ["image_embeddings", image],
        ["image_positional_embeddings", image],
      ],
    },
    decoder: {
      embedding: [
        ["image_embeddings", image],
        ["image_positional_embeddings", image],
      ],
      points: ["input_points", ["batch", "prompts", n, 2]],
      labels: ["input_labels", ["batch", "prompts", n], "int64"],
      side: 1024,
      grid: 256,
      masks: 3,
      logits: ["pred_masks", ["batch", "prompts", 3, 256, 256]],
      scores: ["iou_scores", ["batch", "prompts", 3]],
    },
    stretches: false,
    point: [1, 0],
    takes: noMask,
  },
  {
    family: "efficientsam",
    encoder: {
      input: ["batched_images", ["batch", 3, "height", "width"]],
      side: 1024,
      outputs: [["image_embeddings", image]],
    },
    decoder: {
      embedding: [["image_embeddings", image]],
      points: ["batched_point_coords", [1, 1, n, 2]],
      labels: ["batched_point_labels", [1, 1, n], "float32"],
      size: { name: "orig_im_size", type: "int64", scales: true, resizes: true },
      side: 1024,
      grid: 256,
      masks: 3,
      logits: ["output_masks", [1, 1, 3, "height", "width"]],
      scores: ["iou_predictions", [1, 1, 3]],
    },
    stretches: true,
    point: [1, 0],
    box: [2, 0],
    takes: { negatives: false, mask: false, mostPoints: 6 },
  },
  {
    family: "efficientvit-sam",
    encoder: { input: ["input_image", ["batch", 3, 512, 512]], side: 512, outputs: [["image_embeddings", image]] },
    decoder: {
      embedding: [["image_embeddings", image]],
      points: ["point_coords", ["prompts", n, 2]],
      labels: ["point_labels", ["prompts", n], "float32"],
      side: 1024,
      grid: 256,
      masks: 4,
      logits: ["masks", ["prompts", 4, 256, 256]],
      scores: ["iou_predictions", ["prompts", 4]],
    },
    stretches: false,
    point: [2, 1],
    box: [2, 0],
    takes: noMask,
  },
  {
    family: "hq-sam",
    entry: {
      tensors: {
        encoder: { input: "input_image", earlyDims: [4, 1, 64, 64, 160] },
        decoder: { earlyDims: [4, 1, 64, 64, 160] },
      },
    },
    encoder: {
      input: ["input_image", [1, 3, 1024, 1024]],
      side: 1024,
      outputs: [
        ["image_embeddings", image],
        ["interm_embeddings", [4, 1, 64, 64, 160]],
      ],
    },
    decoder: {
      ...metaDecoder,
      embedding: [
        ["image_embeddings", image],
        ["interm_embeddings", [4, 1, 64, 64, 160]],
      ],
      masks: 1,
      logits: ["low_res_masks", [1, 1, 256, 256]],
      scores: ["iou_predictions", [1, 1]],
    },
    stretches: false,
    point: [2, 1],
    box: [2, 0],
    takes: everything,
  },
  {
    family: "sam2",
    encoder: { input: ["image", [1, 3, 1024, 1024]], side: 1024, outputs: pyramid(64, samexporterNames) },
    decoder: {
      embedding: pyramid(64, samexporterNames),
      points: ["point_coords", ["labels", n, 2]],
      labels: ["point_labels", ["labels", n], "float32"],
      mask: ["mask_input", "has_mask_input"],
      side: 1024,
      grid: 256,
      masks: 3,
      logits: ["masks", ["labels", 3, 256, 256]],
      scores: ["iou_predictions", ["labels", 3]],
    },
    stretches: true,
    point: [1, 0],
    box: [2, 0],
    takes: everything,
  },
  {
    family: "sam2-sized",
    encoder: { input: ["input", [1, 3, 1024, 1024]], side: 1024, outputs: lastFirst(pyramid(64, osamNames)) },
    decoder: {
      embedding: lastFirst(pyramid(64, osamNames)),
      points: ["point_coords", ["labels", n, 2]],
      labels: ["point_labels", ["labels", n], "float32"],
      mask: ["mask_input", "has_mask_input"],
      size: { name: "orig_im_size", type: "int64", resizes: true },
      side: 1024,
      grid: 256,
      masks: 3,
      logits: ["masks", ["labels", 3, "height", "width"]],
      scores: ["iou_predictions", ["labels", 3]],
    },
    stretches: true,
    point: [1, 0],
    box: [2, 0],
    takes: everything,
  },
  splitRow("sam2-split", 1024, 64),
  splitRow("sam3-tracker", 1008, 72),
];
