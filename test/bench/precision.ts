import { Tensor } from "onnxruntime-node";
import { decodeHalf, encodeHalf } from "../../proto/half-float.js";
import { BareModel, type BarePicture, type BarePrompt } from "./bare-model.js";
import { type MeasuredObject, measuredPictures } from "./measured-objects.js";
import { atLeast, type Outcome, round, type Suite } from "./report.js";
import { bitmapIou } from "./simulate-clicks.js";
import { mean, quantile } from "./statistics.js";

/** How an object is asked for. */
const kinds: Readonly<Record<string, (object: MeasuredObject) => BarePrompt>> = {
  click: ({ click }) => ({ points: [{ ...click, label: 1 }] }),
  box: ({ box }) => ({ points: [], box }),
};

/** IoU of the two masks of one prompt. */
interface Compared {
  name: string;
  kind: string;
  iou: number;
}

/** The least mean IoU with the masks of the embedding that was not rounded. */
const leastIou = 0.998;

export const suite: Suite = {
  title: "masks from embeddings stored as half floats against masks from the encoder's own floats, on the stock graphs",
  async run(say) {
    const { source, pictures } = await measuredPictures();
    await using model = await BareModel.load();
    const compared: Compared[] = [];
    let worstRelative = 0;
    for (const { bytes, objects } of pictures) {
      const exact = await model.encode(bytes);
      const stored = throughHalf(exact);
      worstRelative = Math.max(worstRelative, relativeError(exact, stored));
      for (const object of objects) {
        for (const [kind, promptFor] of Object.entries(kinds)) {
          const prompt = promptFor(object);
          const expected = await model.decode(exact, prompt);
          const actual = await model.decode(stored, prompt);
          compared.push({ name: object.name, kind, iou: bitmapIou(expected.bitmap, actual.bitmap) });
        }
      }
      say(
        `${objects[0]?.name}: ${compared
          .slice(-2)
          .map(({ kind, iou }) => `${kind} ${iou.toFixed(5)}`)
          .join(", ")}`,
      );
    }
    return report(source, pictures.length, compared, worstRelative);
  },
};

/** As the embedding store keeps it and a decoder reads it. */
function throughHalf(picture: BarePicture): BarePicture {
  const { data, dims } = picture.embedding;
  return { ...picture, embedding: new Tensor("float32", decodeHalf(encodeHalf(data as Float32Array)), dims) };
}

/** Root mean square of the rounding, as a share of the root mean square of the values. */
function relativeError(exact: BarePicture, stored: BarePicture): number {
  const values = exact.embedding.data as Float32Array;
  const rounded = stored.embedding.data as Float32Array;
  let [squares, errors] = [0, 0];
  for (const [index, value] of values.entries()) {
    squares += value ** 2;
    errors += (value - (rounded[index] as number)) ** 2;
  }
  return Math.sqrt(errors / squares);
}

function report(source: string, pictures: number, compared: Compared[], worstRelative: number): Outcome {
  const ious = (kind: string) => compared.filter((one) => one.kind === kind).map(({ iou }) => iou);
  const worst = [...compared].sort((a, b) => a.iou - b.iou).slice(0, 5);
  return {
    bars: Object.keys(kinds).map((kind) =>
      atLeast(`${kind}: mean IoU of half and full precision`, mean(ious(kind)), leastIou, "IoU"),
    ),
    detail: {
      source,
      pictures,
      "largest relative rounding of an embedding": Number(worstRelative.toExponential(2)),
      IoU: Object.fromEntries(
        Object.keys(kinds).map((kind) => {
          const all = ious(kind);
          const figures = { mean: mean(all), p5: quantile(all, 0.05), least: Math.min(...all) };
          return [kind, Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]))];
        }),
      ),
      "farthest apart": Object.fromEntries(worst.map(({ name, kind, iou }) => [`${name}, ${kind}`, round(iou)])),
    },
  };
}
