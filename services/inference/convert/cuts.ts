import type { Cut } from "./convert-graph.js";

/** Families whose detectors come as graphs of TensorFlow.js. */
export type Converted = "nanodet" | "ssdlite";

export const isConverted = (family: string): family is Converted => Object.hasOwn(cuts, family);

/** What is taken of the graphs that are converted, and what it is called from then on: the interface that its family knows. */
export const cuts: Readonly<Record<Converted, Cut>> = {
  nanodet: {
    name: "NanoDet",
    input: {
      from: "input_1",
      name: "image",
      dims: [1, 3, 416, 416],
      describe: "float32 BGR, normalised, the picture in the middle of black.",
    },
    isChannelsLast: false,
    outputs: [8, 16, 32].flatMap((stride, at) => [
      {
        from: at === 0 ? "Identity" : `Identity_${at}`,
        name: `scores_${stride}`,
        describe: "[1, cells, classes], 0 to 1.",
      },
      { from: `Identity_${at + 3}`, name: `sides_${stride}`, describe: "[1, cells, 4 * bins], logits." },
    ]),
  },
  ssdlite: {
    name: "SSDLite",
    // What stands before it scales the picture to this.
    input: {
      from: "Preprocessor/sub",
      name: "image",
      dims: [1, 3, 300, 300],
      describe: "float32 RGB, -1 to 1, the picture stretched to it.",
    },
    isChannelsLast: true,
    outputs: [
      {
        from: "Postprocessor/convert_scores",
        name: "scores",
        describe: "[1, anchors, classes], 0 to 1; the first class is none.",
      },
      {
        from: "Squeeze",
        name: "codes",
        describe: "[1, anchors, 4]: y, x, height, width of the box, from the anchor's.",
      },
      { from: "Postprocessor/ExpandDims", name: "anchors", describe: "[1, anchors, 4]: y0, x0, y1, x1, 0 to 1." },
    ],
  },
};
