import sharp from "sharp";
import { pictureFrame } from "../../services/encoder/images/encoded-frame.js";
import { noLimits, openPicture } from "../../services/encoder/images/open-picture.js";
import { fitPixels, normalise } from "../../services/encoder/images/preprocess.js";
import { PictureProcesses } from "../../services/encoder/pictures/picture-processes.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { frameFor } from "../../services/sam/frame.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { samplePictures } from "../support/sample-pictures.js";
import { testSettings } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { atMost, type Outcome, round, type Suite } from "./report.js";

/*
 * The way of a picture to the encoder: from the bytes of its file to the tensor that the model is given, in a process of its own
 * and beside libvips' own decode at reduced size in this one; and the whole of an upload, less the model's run.
 */

const rounds = 32;
/** As uploads come from a connection. */
const pieceBytes = 64 * 1024;
type Kind = "whole" | "shrunk decode" | "here" | "process" | "tensor";
type Times = Record<Kind, number[]>;

export const suite: Suite = {
  title: `a picture's bytes to the model's tensor, interleaved with libvips' own decode at reduced size; the quickest of ${rounds}`,
  async run(say) {
    const manifest = Manifest.read();
    const model = manifest.get(manifest.defaultId);
    const { pictures: settings, limits } = testSettings().encoder;
    const processes = await PictureProcesses.start({ ...settings, decodeBytes: limits.maxDecodeBytes });
    const maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", ...tinyModelEnv({ allCores: true }) });
    const memory = new Float32Array(3 * model.preprocess.size ** 2);
    const all = new Map<string, Times>();
    try {
      for (const [name, bytes] of Object.entries(await files())) {
        const { width, height } = await openPicture(bytes, noLimits);
        const { contentWidth, contentHeight } = frameFor(width, height, { modelSize: model.preprocess.size });
        const content = { width: contentWidth, height: contentHeight };
        const rules = model.preprocess;
        const times: Times = { whole: [], "shrunk decode": [], here: [], process: [], tensor: [] };
        for (let i = 0; i < rounds; i++) {
          times["shrunk decode"].push(await timed(() => shrunk(bytes, content)));
          times.here.push(await timed(async () => fitPixels(await openPicture(bytes, noLimits), rules)));
          const startedAt = performance.now();
          const { pixels } = await processes.read(pieces(bytes), { limits, rules });
          const readAt = performance.now();
          normalise(pixels, rules, pictureFrame(model, pixels), memory);
          times.process.push(readAt - startedAt);
          times.tensor.push(performance.now() - readAt);
          times.whole.push(await uploadMs(maskwire.url, bytes, i));
        }
        all.set(name, times);
        say(`${name}, ${bytes.byteLength} bytes: ${JSON.stringify(figures(times))}`);
      }
    } finally {
      await maskwire[Symbol.asyncDispose]();
      await processes.close();
    }
    return report(all);
  },
};

/** A photograph's own grain is most of its file. */
async function files(): Promise<Record<string, Buffer>> {
  const [sample] = await samplePictures();
  const photograph = async (width: number, height: number) => {
    const noise = { type: "gaussian", mean: 128, sigma: 8 } as const;
    const grain = await sharp({ create: { width, height, channels: 3, background: "#808080", noise } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    const enlarged = sharp(sample?.bytes).resize(width, height, { fit: "fill" });
    return enlarged.composite([{ input: grain, blend: "soft-light" }]).removeAlpha();
  };
  const large = await (await photograph(4032, 3024)).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = large.info;
  const from = () => sharp(large.data, { raw: { width, height, channels: 3 } });
  return {
    "12 megapixels, JPEG": await from().jpeg({ quality: 92 }).toBuffer(),
    "the same, stored turned": await from().jpeg({ quality: 92 }).withMetadata({ orientation: 6 }).toBuffer(),
    "640 x 480, JPEG": await (await photograph(640, 480)).jpeg({ quality: 90 }).toBuffer(),
  };
}

/** What the bytes have to become at the least: pixels of that size, wherever its rows are. */
const shrunk = (bytes: Buffer, { width, height }: { width: number; height: number }) =>
  sharp(bytes, { failOn: "error" }).resize(width, height, { fit: "fill", kernel: "linear" }).raw().toBuffer();

function pieces(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / pieceBytes) }, (_, i) =>
    bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
  );
}

/** An upload of a picture that is new, less the model's run. @param salt makes it another file. */
async function uploadMs(url: string, bytes: Buffer, salt: number): Promise<number> {
  const file = Buffer.concat([bytes, Buffer.from(`${salt}`)]);
  const startedAt = performance.now();
  const { cached, timings } = await upload(url, file);
  if (cached || !timings) throw new Error("a new picture came from the cache");
  return performance.now() - startedAt - timings.encodeMs;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function figures(times: Times) {
  // Whatever else the machine does only adds.
  const at = (kind: Kind) => Math.min(...times[kind]);
  const toTensor = at("process") + at("tensor");
  return {
    "shrunk decode": round(at("shrunk decode")),
    "the same steps as in the process, here": round(at("here")),
    "hand-over to the process and back": round(at("process") - at("here")),
    "pixels to tensor": round(at("tensor")),
    "bytes to tensor": round(toTensor),
    "to the shrunk decode": round(toTensor / at("shrunk decode")),
    "upload without the model's run": round(at("whole")),
  };
}

function report(all: Map<string, Times>): Outcome {
  const rows = [...all].map(([name, times]) => [name, figures(times)] as const);
  const [first] = rows;
  return {
    bars: first
      ? [
          atMost(
            `${first[0]}: bytes to tensor to libvips' shrunk decode`,
            first[1]["to the shrunk decode"],
            1.2,
            "times",
          ),
        ]
      : [],
    detail: { "milliseconds of the quickest": Object.fromEntries(rows) },
  };
}
