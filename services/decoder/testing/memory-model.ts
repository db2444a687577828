import { GraphBuilder, type Value } from "../../inference/onnx/graph-builder.js";

/*
 * SAM 2 with a memory in graphs of a few nodes, with the names, the order and the dimensions of real exports (samexporter's for pictures,
 * axinc-ai's of the memory). What an object is to it is its colour: the memory holds that of the cells that a mask covers, the
 * attention finds its mean over all that it is given, and the decoder paints what has it. Its estimate of a mask's IoU tells what was
 * remembered: see `readRecall`.
 */

/** Pixels of the frame's side. Its grids are a quarter, an eighth and a sixteenth of it. */
export const frameSide = 256;
const cells = frameSide / 16;
const grid = frameSide / 4;
const area = cells ** 2;
const channels = 256;
const width = 64;
/** A perceiver makes so many rows of a frame's cells. */
const latentGrid = { columns: 8, rows: 4 };
/** What stands for no memory, in every channel of the coarsest features. */
export const noMemory = 0.5;
/** Numbers of tokens: of a frame that was looked at in the light of the memory, of one that was decoded from its mask, and of a click's. */
const tokenOf = { looked: 5, mask: 3, click: 1 };

/** @param options `isBare`: what stands for no memory is left to others. */
export function encoderGraph({ isBare = false } = {}): Uint8Array {
  const g = new GraphBuilder("encoder");
  const image = g.input("image", [1, 3, frameSide, frameSide], "The normalised picture.");
  const pooled = (side: number, more: number, planes: number) => {
    const stride = frameSide / side;
    const colours = g.node("AveragePool", [image], {
      kernel_shape: { ints: [stride, stride] },
      strides: { ints: [stride, stride] },
    });
    return g.add(g.concat([colours, filled(g, [1, planes - 3, side, side])], 1), g.scalar(more));
  };
  g.output("high_res_feats_0", pooled(grid, 0, 32), [1, 32, grid, grid], "Colours.");
  g.output("high_res_feats_1", pooled(grid / 2, 0, 64), [1, 64, grid / 2, grid / 2], "Colours.");
  g.output("image_embed", pooled(cells, isBare ? 0 : noMemory, channels), [1, channels, cells, cells], "Colours.");
  return g.build();
}

/**
 * The colour is that at the points, or what the attention says, or the mask is the one that it starts from.
 * @param options `givesPointer`: what `objectPointerGraph` makes of the token, in place of that.
 */
export function decoderGraph({ givesPointer = false } = {}): Uint8Array {
  const g = new GraphBuilder("decoder");
  const embedding = g.input("image_embed", [1, channels, cells, cells], "Coarse features.");
  const colours = g.slice(g.input("high_res_feats_0", [1, 32, grid, grid], "Fine features."), 1, 0, 3);
  g.input("high_res_feats_1", [1, 64, grid / 2, grid / 2], "Not used.");
  const points = g.input("point_coords", ["prompts", "points", 2], "x and y.");
  const labels = g.input("point_labels", ["prompts", "points"], "What points are.");
  const mask = g.input("mask_input", ["prompts", 1, grid, grid], "Logits to start from.");
  const hasMask = g.input("has_mask_input", [1], "1 where there are.");
  const is = (value: Value, least: number) => g.node("Greater", [value, g.scalar(least)]);
  const isClick = is(g.node("ReduceMax", [labels], { keepdims: { int: 0 } }), 0);
  const isMask = is(g.node("ReduceMax", [hasMask], { keepdims: { int: 0 } }), 0);
  const choose = (looked: Value, ofMask: Value, ofClick: Value) =>
    g.node("Where", [isClick, ofClick, g.node("Where", [isMask, ofMask, looked])]);

  const remembered = g.node("ReduceMean", [embedding, g.integers([2, 3])], { keepdims: { int: 0 } });
  const clicked = colourAt(g, colours, points, labels);
  const wanted = g.node("Where", [isClick, clicked, g.slice(remembered, 1, 0, 3)]);
  const away = g.subtract(colours, g.reshape(wanted, [1, 3, 1, 1]));
  const squared = g.node("ReduceSum", [g.multiply(away, away), g.integers([1])], { keepdims: { int: 1 } });
  const painted = g.subtract(g.scalar(6), g.multiply(squared, g.scalar(8)));
  const logits = choose(painted, g.reshape(mask, [1, 1, grid, grid]), painted);
  const levels = g.constant("levels", [1, 3, 1, 1], [1, 0, 2]);
  g.output("masks", g.subtract(logits, levels), ["prompts", 3, grid, grid], "Logits.");
  const recall = g.reshape(g.slice(remembered, 1, recallChannel, recallChannel + 1), [1, 1]);
  const sure = g.constant("sure", [1, 1], [0.95]);
  const best = choose(recall, sure, sure);
  const others = [0.3, 0.4].map((score, at) => g.constant(`score${at}`, [1, 1], [score]));
  g.output("iou_predictions", g.concat([others[0]!, best, others[1]!], 1), ["prompts", 3], "Scores.");
  const score = g.node("ReduceMax", [painted, g.integers([1, 2, 3])], { keepdims: { int: 0 } });
  g.output("object_score_logits", g.reshape(score, [1, 1]), ["prompts", 1], "Above 0 where the colour is there.");
  const number = choose(g.scalar(tokenOf.looked), g.scalar(tokenOf.mask), g.scalar(tokenOf.click));
  const token = g.node("Expand", [
    givesPointer ? g.multiply(number, g.scalar(2)) : number,
    g.integers([1, 3, channels]),
  ]);
  const name = givesPointer ? "object_pointer" : "sam_tokens_out";
  g.output(name, token, ["prompts", 3, channels], "How the mask was found.");
  return g.build();
}

/** The mean colour at the points on the object. [1, 3] */
function colourAt(g: GraphBuilder, colours: Value, points: Value, labels: Value): Value {
  const centres = Float32Array.from({ length: 2 * grid ** 2 }, (_, index) => {
    const cell = index >> 1;
    return 4 * ((index % 2 === 0 ? cell % grid : Math.floor(cell / grid)) + 0.5);
  });
  const away = g.subtract(
    g.constant("centres", [1, 1, grid ** 2, 2], centres),
    g.node("Unsqueeze", [points, g.integers([2])]),
  );
  const squared = g.node("ReduceSum", [g.multiply(away, away), g.integers([3])], { keepdims: { int: 0 } });
  const nearest = g.node("Softmax", [g.node("Neg", [squared])], { axis: { int: 2 } });
  const byCell = g.transpose(g.reshape(colours, [1, 3, grid ** 2]), [0, 2, 1]);
  const ofPoints = g.matmul(nearest, byCell);
  const isOn = g.node("Cast", [g.node("Equal", [labels, g.scalar(1)])], { to: { int: 1 } });
  const sum = g.matmul(g.node("Unsqueeze", [isOn, g.integers([1])]), ofPoints);
  const count = g.node("ReduceSum", [isOn, g.integers([1])], { keepdims: { int: 1 } });
  const some = g.node("Max", [count, g.scalar(1)]);
  return g.node("Div", [g.reshape(sum, [1, 3]), some]);
}

/**
 * Of each cell how much of it the mask covers, cubed, and the colour times that.
 * @param form latents: what EdgeTAM's perceiver makes of the cells, rows of their means.
 */
export function memoryEncoderGraph(form: "cells" | "latents" = "cells"): Uint8Array {
  const g = new GraphBuilder("memory_encoder");
  const features = g.input("pix_feat", [1, channels, cells, cells], "Coarse features.");
  const masks = g.input("masks", [1, 1, frameSide, frameSide], "sigmoid * 20 - 10");
  const means = g.node("AveragePool", [masks], { kernel_shape: { ints: [16, 16] }, strides: { ints: [16, 16] } });
  const share = g.multiply(g.add(means, g.scalar(10)), g.scalar(1 / 20));
  const weight = g.multiply(share, g.multiply(share, share));
  const planes = g.concat(
    [weight, g.multiply(g.slice(features, 1, 0, 3), weight), filled(g, [1, width - 4, cells, cells])],
    1,
  );
  const places = g.multiply(planes, g.scalar(0));
  if (form === "cells") {
    g.output("vision_features", planes, [1, width, cells, cells], "The memory.");
    g.output("vision_pos_enc", places, [1, width, cells, cells], "Where cells are.");
    return g.build();
  }
  const { columns, rows } = latentGrid;
  const sides = [cells / rows, cells / columns];
  const latents = (value: Value) => {
    const pooled = g.node("AveragePool", [value], { kernel_shape: { ints: sides }, strides: { ints: sides } });
    return g.transpose(g.reshape(pooled, [1, width, rows * columns]), [0, 2, 1]);
  };
  g.output("vision_features", latents(planes), [1, rows * columns, width], "The memory.");
  g.output("vision_pos_enc", latents(places), [1, rows * columns, width], "Where latents are.");
  return g.build();
}

/** Of the attention's result the channel that holds what `readRecall` reads. */
const recallChannel = 8;
/** Of an encoding of time the channel that is 1. */
const encodingChannel = 16;
const encodings = 7;
/** Of a mask memory without the object a channel that is 1 in each of its rows. */
const absentChannel = 40;
const [perEncoding, perPointer, perLooked, perShown] = [3e-3, 1.5e-4, 8e-6, 1e-6];

/** The object's mean colour, and a number that tells what was given. */
export function memoryAttentionGraph(form: "cells" | "latents" = "cells"): Uint8Array {
  const g = new GraphBuilder("memory_attention");
  const features = g.input("curr", [area, 1, channels], "Coarse features.");
  const masks = g.input("memory_1", ["rows", 1, width], "Mask memories.");
  const pointers = g.input("memory_2", ["pointers", 1, width], "Object pointers.");
  const places = g.input("curr_pos", [area, 1, channels], "Where cells are.");
  const maskPlaces = g.input("memory_pos_1", ["rows", 1, width], "Where and when.");
  const pointerPlaces = g.input("memory_pos_2", ["pointers", 1, width], "When.");
  const sum = (value: Value) => g.node("ReduceSum", [value], { keepdims: { int: 0 } });
  const over = (value: Value, by: number) => g.multiply(value, g.scalar(by));
  const weight = g.node("Max", [sum(g.slice(masks, 2, 0, 1)), g.scalar(1e-6)]);
  const colour = [1, 2, 3].map((channel) =>
    g.reshape(g.node("Div", [sum(g.slice(masks, 2, channel, channel + 1)), weight]), [1]),
  );
  const rows = form === "cells" ? area : latentGrid.columns * latentGrid.rows;
  const counts = Array.from({ length: encodings }, (_, encoding) => {
    const channel = encodingChannel + encoding;
    return over(sum(g.slice(maskPlaces, 2, channel, channel + 1)), 1 / rows);
  });
  const bits = counts
    .map((count, encoding) => over(g.node("Clip", [count, g.scalar(0), g.scalar(1)]), 2 ** encoding))
    .reduce((all, one) => g.add(all, one));
  const ones = (value: Value) => g.add(over(value, 0), g.scalar(1));
  const pointerCount = over(sum(ones(pointers)), 1 / channels);
  const looked = g.node("Cast", [g.node("Greater", [pointers, g.scalar(1.5 * tokenOf.looked)])], { to: { int: 1 } });
  const parts = [
    over(bits, perEncoding),
    over(pointerCount, perPointer),
    over(sum(looked), perLooked / channels),
    over(counts[encodings - 1]!, perShown),
    // Everything that is given is read.
    over(g.add(g.add(sum(features), sum(places)), sum(pointerPlaces)), 0),
  ];
  const recall = g.reshape(
    g.add(
      g.scalar(0.5),
      parts.reduce((all, one) => g.add(all, one)),
    ),
    [1],
  );
  const row = g.concat(
    [...colour, filled(g, [recallChannel - 3]), recall, filled(g, [channels - recallChannel - 1])],
    0,
  );
  g.output("pix_feat", g.node("Expand", [row, g.integers([area, 1, channels])]), [area, 1, channels], "Features.");
  return g.build();
}

/** Twice the token. */
export function objectPointerGraph(): Uint8Array {
  const g = new GraphBuilder("mlp");
  const token = g.input("x", ["masks", channels], "A token.");
  g.output("x_out", g.multiply(token, g.scalar(2)), ["masks", channels], "A pointer.");
  return g.build();
}

/** As JSON by the names of Meta's checkpoint. */
export function memoryConstants({ marksAbsent = true } = {}) {
  const one = (at: number, length: number) => Array.from({ length }, (_, index) => (index === at ? 1 : 0));
  return {
    maskmem_tpos_enc: Array.from({ length: encodings }, (_, encoding) => [[one(encodingChannel + encoding, width)]]),
    no_mem_embed: [[Array<number>(channels).fill(noMemory)]],
    no_obj_ptr: [Array<number>(channels).fill(-1)],
    ...(marksAbsent ? { no_obj_embed_spatial: [one(absentChannel, width)] } : {}),
    "obj_ptr_tpos_proj.weight": Array.from({ length: width }, () => Array<number>(channels).fill(0)),
    "obj_ptr_tpos_proj.bias": Array<number>(width).fill(0),
  };
}

/** What an estimate of a mask's IoU tells of the memory that it was made from. */
export function readRecall(predictedIou: number) {
  let left = predictedIou - 0.5;
  const take = (each: number, below: number) => {
    const count = Math.floor((left + below / 2) / each);
    left -= count * each;
    return count;
  };
  const bits = take(perEncoding, perPointer);
  return {
    /** Of the mask memories, each once. */
    encodings: Array.from({ length: encodings }, (_, at) => at).filter((at) => (bits >> at) % 2 === 1),
    pointers: take(perPointer, perLooked),
    /** Of these, that were made in the light of the memory, and not of a mask. */
    looked: take(perLooked, perShown),
    /** Mask memories of frames that a person has shown. */
    shown: Math.round(left / perShown),
  };
}

const filled = (g: GraphBuilder, dims: readonly number[]): Value => g.node("Expand", [g.scalar(0), g.integers(dims)]);
