import { createHash } from "node:crypto";
import sharp from "sharp";
import { randomNumbers } from "../../proto/testing/random-numbers.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { drawScene } from "../support/pictures.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { optionLines, readOptions } from "./options.js";
import { atMost, type Bar, type Outcome, round, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";

const numbers = { rounds: { value: 60, what: "clicks by each way" } };
/** 2 megapixels. */
const [width, height] = [1632, 1224];
const point = { x: 816, y: 612 };
const limitMs = 10;

/** One click as a tool sends it. */
interface Way {
  readonly path: string;
  readonly body: Buffer;
  readonly headers: Record<string, string>;
}

export const suite: Suite = {
  title: "What a click costs through each adapter, picture and all, beside the native HTTP call with the picture's id",
  options: `${optionLines(numbers)}\n  --real                 the default model in place of the tiny one`,
  async run(say, args): Promise<Outcome> {
    const { numbers: given, flags } = readOptions(args, numbers, ["real"]);
    await using maskwire = await MaskwireProcess.start({
      MASKWIRE_LOG_LEVEL: "error",
      ...(flags.has("real") ? {} : tinyModelEnv({ allCores: true })),
      MASKWIRE_ADAPTERS: "label-studio,cvat,x-anylabeling,roboflow,samapi,osam",
      // Nobody clicks as fast as this does.
      MASKWIRE_CALLER_UPLOAD_RATE: String(2 ** 40),
    });
    const { url } = maskwire;
    const picture = await noisyPicture();
    const { image, model } = await upload(url, picture);
    const native = wayOf("/v1/segment", { imageId: image?.imageId, prompt: { points: [point] } });
    const ways = new Map(Object.entries(adapters(picture, model)));
    const times = new Map([...ways.keys()].map((name) => [name, { own: [] as number[], native: [] as number[] }]));
    const base64 = picture.toString("base64");
    const decoding: number[] = [];
    for (let at = -3; at < given.rounds; at++) {
      for (const [name, way] of ways) {
        const nativeMs = await click(url, native);
        const ownMs = await click(url, way);
        if (at < 0) continue;
        times.get(name)?.native.push(nativeMs);
        times.get(name)?.own.push(ownMs);
      }
      decoding.push(timed(() => createHash("sha256").update(Buffer.from(base64, "base64")).digest("hex")));
    }
    const unavoidableMs = median(decoding);
    const bars: Bar[] = [];
    for (const [name, { own, native: plain }] of times) {
      say(`${name}: ${median(own).toFixed(1)} ms, native ${median(plain).toFixed(1)} ms`);
      bars.push(
        atMost(
          `${name}: beyond the native call, Base64 and hashing`,
          median(own) - median(plain) - unavoidableMs,
          limitMs,
          "ms",
        ),
      );
    }
    return {
      bars,
      detail: {
        picture: { width, height, bytes: picture.length },
        base64AndHashingMs: round(unavoidableMs),
        ...Object.fromEntries(
          [...times].map(([name, { own, native: plain }]) => [
            name,
            { adapterMs: p50p95(own), nativeMs: p50p95(plain) },
          ]),
        ),
      },
    };
  },
};

function adapters(picture: Buffer, model: string): Record<string, Way> {
  const image = picture.toString("base64");
  const { x, y } = point;
  const region = {
    type: "keypointlabels",
    to_name: "image",
    original_width: width,
    original_height: height,
    value: { x: (100 * x) / width, y: (100 * y) / height, keypointlabels: ["a"] },
  };
  const config = (control: string) =>
    `<View><Image name="image" value="$image"/><${control} name="tag" toName="image"><Label value="a"/></${control}></View>`;
  const labelStudio = (control: string) =>
    wayOf("/adapters/label-studio/predict", {
      tasks: [{ id: 1, data: { image: `data:image/jpeg;base64,${image}` } }],
      label_config: config(control),
      params: { context: { result: [region] } },
    });
  return {
    "Label Studio, brush": labelStudio("BrushLabels"),
    "Label Studio, polygon": labelStudio("PolygonLabels"),
    CVAT: wayOf(
      "/api/function_invocations",
      { image, pos_points: [[x, y]], neg_points: [], obj_bbox: [] },
      { "x-nuclio-function-name": "maskwire-interactor" },
    ),
    "X-AnyLabeling": wayOf("/adapters/x-anylabeling/v1/predict", {
      model: `maskwire_${model}`,
      image,
      params: { marks: [{ type: "point", data: [x, y], label: 1 }] },
    }),
    Roboflow: wayOf("/adapters/roboflow/sam2/segment_image", {
      image: { type: "base64", value: image },
      prompts: [{ points: [point] }],
      multimask_output: false,
      format: "rle",
    }),
    samapi: wayOf("/adapters/samapi/sam/", { b64img: image, point_coords: [[x, y]], point_labels: [1] }),
    osam: wayOf("/adapters/osam/api/generate", {
      model: "sam:latest",
      image,
      prompt: { points: [[x, y]], point_labels: [1] },
    }),
  };
}

const wayOf = (path: string, body: unknown, headers: Record<string, string> = {}): Way => ({
  path,
  body: Buffer.from(JSON.stringify(body)),
  headers,
});

/** Milliseconds until the whole answer is there. */
async function click(url: string, { path, body, headers }: Way): Promise<number> {
  const begun = performance.now();
  const reply = await fetch(`${url}${path}`, { method: "POST", body: body as Uint8Array<ArrayBuffer>, headers });
  const answer = await reply.arrayBuffer();
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${Buffer.from(answer).toString("utf8").slice(0, 200)}`);
  return performance.now() - begun;
}

function timed(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

/** With a photograph's noise, so that its file has a photograph's size. */
async function noisyPicture(): Promise<Buffer> {
  const { pixels } = drawScene(width, height, 1);
  const random = randomNumbers(11);
  const noisy = Uint8ClampedArray.from(pixels, (value) => value + 40 * (random() - 0.5));
  return sharp(noisy, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
