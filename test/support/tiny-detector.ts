import { GraphBuilder } from "../../services/inference/onnx/graph-builder.js";

/*
 * A detector with the interface of NanoDet's exports, for tests that ask what becomes of words: it sees colours. Where the
 * middle of a picture's part is red it finds a dog, where it is green a cat, where it is blue a cup; each in a box of about a third of
 * the picture's longer side.
 */

const side = 416;
const classes = 80;
const bins = 11;
/** COCO's numbers, from 0. */
const dog = 16;
const cat = 15;
const cup = 41;
/** NanoDet's normalisation, by which a full channel is above 2 and an empty one below -1.8; blue comes first. */
const seenAs = [cup, cat, dog];
/** Boxes reach so many bins, of the stride each, to every side. */
const reach = 2;

/** `image` float32 [1, 3, 416, 416] -> scores and sides for the strides 8, 16 and 32, of which the first two have none. */
export function detectorGraph(): Uint8Array {
  const g = new GraphBuilder("tiny detector");
  const image = g.input("image", [1, 3, side, side], "The normalised picture.");
  for (const stride of [8, 16, 32]) {
    const cells = (side / stride) ** 2;
    const pooled = g.node("AveragePool", [image], {
      kernel_shape: { ints: [stride, stride] },
      strides: { ints: [stride, stride] },
    });
    // What is of one colour alone stands out by more than a channel's whole range.
    const mix = new Float32Array(classes * 3);
    for (const [channel, label] of seenAs.entries()) {
      for (let other = 0; other < 3; other++) mix[label * 3 + other] = other === channel ? 1 : -1;
    }
    const seen = g.node("Conv", [pooled, g.constant(`mix ${stride}`, [classes, 3, 1, 1], mix)]);
    const score = g.node("Sigmoid", [g.multiply(g.subtract(seen, g.scalar(stride === 32 ? 3.5 : 1000)), g.scalar(2))]);
    const flat = g.transpose(g.reshape(score, [1, classes, cells]), [0, 2, 1]);
    g.output(`scores_${stride}`, flat, [1, cells, classes], "0 to 1.");
    const logits = Float32Array.from({ length: cells * 4 * bins }, (_, at) => (at % bins === reach ? 100 : 0));
    // A constant by itself would be no result of the graph's.
    const sides = g.add(
      g.constant(`sides of ${stride}`, [1, cells, 4 * bins], logits),
      g.multiply(g.slice(flat, 2, 0, 1), g.scalar(0)),
    );
    g.output(`sides_${stride}`, sides, [1, cells, 4 * bins], "Logits.");
  }
  return g.build();
}
