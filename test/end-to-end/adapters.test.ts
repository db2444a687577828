import type { MessageInitShape } from "@bufbuild/protobuf";
import { decodeBinary } from "@thi.ng/rle-pack";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bitmapToRle,
  decodeRle,
  type Mask,
  type MaskRuns,
  type PromptSchema,
  polygonsOf,
  polygonsToRle,
  rleIou,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { colourPicture } from "../support/colour-picture.js";
import { allLines, eventLines, segmentOverHttp, upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const [width, height] = [640, 480];
let maskwire: Maskwire;
let picture: Buffer;
let imageId: string;

beforeAll(async () => {
  maskwire = await startMaskwire({
    ...tinyModelEnv(),
    MASKWIRE_ADAPTERS: "label-studio,cvat,x-anylabeling,roboflow,samapi,osam",
    MASKWIRE_CALLER_REQUESTS_PER_SECOND: "10000",
  });
  picture = await jpegScene(width, height, 4711);
  imageId = (await upload(maskwire.url, picture)).image?.imageId ?? "";
});
afterAll(async () => {
  await maskwire?.stop();
});

/** Answers of a kind of request are what the tests look at; that they are of that kind is what they show. */
// biome-ignore lint/suspicious/noExplicitAny: what a tool's own client would take apart without types.
type Answer = any;

/** One that was left open may be closed by the time that it is used again. */
const headers = { connection: "close" };

async function post(path: string, body: unknown): Promise<Answer> {
  const reply = await fetch(`${maskwire.url}/adapters/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${text}`);
  return JSON.parse(text);
}

/** The native API's mask for the same prompt. */
async function native(prompt: MessageInitShape<typeof PromptSchema>): Promise<MaskRuns> {
  const { masks } = await segmentOverHttp(maskwire.url, { imageId, prompt });
  return runsOf(masks[0]);
}

const runsOf = (mask: Mask | undefined) => decodeRle({ size: mask?.rle?.size ?? [], counts: mask?.rle?.counts ?? "" });

/** What tests ask: points well inside the picture, so that every one of them has a mask. */
const spot = fc.record({
  x: fc.double({ min: 60, max: width - 60, noNaN: true }),
  y: fc.double({ min: 60, max: height - 60, noNaN: true }),
});
const box = fc
  .record({
    x: fc.integer({ min: 0, max: 400 }),
    y: fc.integer({ min: 0, max: 300 }),
    w: fc.integer({ min: 120, max: 230 }),
    h: fc.integer({ min: 120, max: 170 }),
  })
  .map(({ x, y, w, h }) => ({ x0: x, y0: y, x1: x + w, y1: y + h }));
const runs = { numRuns: 12 };
const least = 0.999;

describe("X2, X4 Label Studio", () => {
  const config = `<View><Image name="image" value="$image"/><BrushLabels name="tag" toName="image"><Label value="Cat"/><Label value="Dog"/></BrushLabels>
    <KeyPointLabels name="kp" toName="image" smart="true"><Label value="Cat"/></KeyPointLabels>
    <RectangleLabels name="box" toName="image" smart="true"><Label value="Dog"/></RectangleLabels></View>`;
  const dataUri = () => `data:image/jpeg;base64,${picture.toString("base64")}`;
  const region = (type: string, label: string, value: object, isPositive = true) => ({
    id: "k3J",
    type,
    from_name: "kp",
    to_name: "image",
    original_width: width,
    original_height: height,
    image_rotation: 0,
    is_positive: isPositive,
    value: { ...value, [type]: [label] },
  });
  const predict = (result: object[], labelConfig = config) =>
    post("label-studio/predict", {
      tasks: [{ id: 31, data: { image: dataUri() } }],
      project: "7.1716900000",
      label_config: labelConfig,
      params: { login: null, password: null, context: { result } },
    });
  const brushOf = ({ original_width, original_height, value }: Answer): MaskRuns => {
    const rgba = decodeBinary(Uint8Array.from(value.rle));
    return bitmapToRle(
      Uint8Array.from({ length: rgba.length / 4 }, (_, i) => Number(rgba[4 * i + 3]! > 0)),
      original_width,
      original_height,
    );
  };

  it("answers points in percent with the mask of the same points", async () => {
    await fc.assert(
      fc.asyncProperty(spot, spot, async (on, beside) => {
        const percent = ({ x, y }: typeof on) => ({ x: (100 * x) / width, y: (100 * y) / height, width: 0.4 });
        const { results } = await predict([
          region("keypointlabels", "Cat", percent(on)),
          region("keypointlabels", "Cat", percent(beside), false),
        ]);
        const points = [on, { ...beside, label: 0 }];
        expect(results).toHaveLength(1);
        expect(results[0].model_version).toBe("tiny");
        const [item] = results[0].result;
        const expected = await native({ points });
        if (item === undefined) {
          expect(expected.runs).toHaveLength(1);
          return;
        }
        expect(item).toMatchObject({
          type: "brushlabels",
          from_name: "tag",
          value: { brushlabels: ["Cat"], format: "rle" },
        });
        expect(rleIou(brushOf(item), expected)).toBeGreaterThanOrEqual(least);
      }),
      runs,
    );
  });

  it("answers boxes in percent with the mask of the same box", async () => {
    await fc.assert(
      fc.asyncProperty(box, async ({ x0, y0, x1, y1 }) => {
        const percent = {
          x: (100 * x0) / width,
          y: (100 * y0) / height,
          width: (100 * (x1 - x0)) / width,
          height: (100 * (y1 - y0)) / height,
        };
        const { results } = await predict([region("rectanglelabels", "Dog", { ...percent, rotation: 0 })]);
        const expected = await native({ box: { x0, y0, x1, y1 } });
        expect(rleIou(brushOf(results[0].result[0]), expected)).toBeGreaterThanOrEqual(least);
      }),
      runs,
    );
  });

  it("encodes a picture once for fifty clicks", async () => {
    const fresh = await jpegScene(width, height, 4712);
    const encodes = () => metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
    const before = await encodes();
    for (let click = 0; click < 50; click++) {
      const answer = await post("label-studio/predict", {
        tasks: [{ id: 31, data: { image: `data:image/jpeg;base64,${fresh.toString("base64")}` } }],
        label_config: config,
        params: { context: { result: [region("keypointlabels", "Cat", { x: 20 + click, y: 50 })] } },
      });
      expect(answer.results[0].result).toHaveLength(1);
    }
    expect((await encodes()) - before).toBe(1);
  });
});

describe("X9, X10 CVAT", () => {
  const invoke = async (name: string, body: object): Promise<Answer> => {
    const reply = await fetch(`${maskwire.url}/api/function_invocations`, {
      method: "POST",
      headers: { ...headers, "x-nuclio-function-name": name, "x-nuclio-path": "/" },
      body: JSON.stringify({ image: picture.toString("base64"), ...body }),
    });
    return reply.ok ? reply.json() : undefined;
  };
  const placed = (pixels: number[], [left, top, right, bottom]: number[]): MaskRuns => {
    const bitmap = new Uint8Array(width * height);
    const across = right! - left! + 1;
    expect(pixels).toHaveLength(across * (bottom! - top! + 1));
    for (const [at, pixel] of pixels.entries())
      bitmap[(top! + Math.floor(at / across)) * width + left! + (at % across)] = pixel;
    return bitmapToRle(bitmap, width, height);
  };

  it("answers points and boxes with the native mask between inclusive corners", async () => {
    await fc.assert(
      fc.asyncProperty(spot, spot, fc.option(box), async (on, beside, around) => {
        const answer = await invoke("maskwire-interactor", {
          pos_points: [[on.x, on.y]],
          neg_points: [[beside.x, beside.y]],
          obj_bbox: around
            ? [
                [around.x0, around.y0],
                [around.x1, around.y1],
              ]
            : [],
        });
        const expected = await native({ points: [on, { ...beside, label: 0 }], ...(around && { box: around }) });
        if (answer) expect(rleIou(placed(answer.mask.flat(), answer.bounds), expected)).toBeGreaterThanOrEqual(least);
        else expect(expected.runs).toHaveLength(1);
      }),
      runs,
    );
  });

  it("finds things by their names", async () => {
    const image = (await colourPicture()).toString("base64");
    const found = await invoke("maskwire-names", { image });
    expect(found.map(({ label }: Answer) => label)).toEqual(expect.arrayContaining(["dog", "dog"]));
  });
});

describe("X16 CVAT's tracker", () => {
  it("follows objects to the native API's masks, several at once, with each frame encoded once", async () => {
    const frames = await Promise.all([...Array(5).keys()].map((frame) => jpegScene(320, 240, 50 + frame)));
    const encodes = () => metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
    const before = await encodes();
    const boxes = [
      [30, 20, 160, 150],
      [170, 25, 300, 120],
    ];
    let answer: Answer = { shapes: boxes, states: [] };
    const seen: Answer[] = [];
    for (const frame of frames) {
      // The first time for what is drawn, then from frame to frame.
      const reply = await fetch(`${maskwire.url}/api/function_invocations`, {
        method: "POST",
        headers: { ...headers, "x-nuclio-function-name": "maskwire-tracker", "x-nuclio-path": "/" },
        body: JSON.stringify({ image: frame.toString("base64"), shapes: answer.shapes, states: answer.states }),
      });
      expect(reply.status).toBe(200);
      answer = await reply.json();
      seen.push(answer);
    }
    expect((await encodes()) - before).toBe(frames.length);
    const imageIds = seen.map(({ states: [{ shown, recent }] }) => recent.at(-1)?.[1] ?? shown[0]);
    const prompts = boxes.map(([x0, y0, x1, y1], at) => ({
      frame: 0,
      object: at + 1,
      prompt: { box: { x0, y0, x1, y1 } },
    }));
    const reply = await fetch(`${maskwire.url}/v1/track`, {
      method: "POST",
      body: JSON.stringify({ imageIds, prompts }),
    });
    const lines: Answer[] = await allLines(eventLines(reply));
    const tracked = lines.flatMap((line) => line.frame ?? []);
    for (const { frame, objects } of tracked) {
      for (const { object, mask } of objects) {
        const { states, shapes } = seen[frame];
        const { shown, recent } = states[object - 1];
        const [, counts] = frame === 0 ? shown : recent.at(-1).slice(1);
        const ours = decodeRle({ size: [240, 320], counts: counts.slice("rle:".length) });
        expect(rleIou(ours, decodeRle(mask.rle))).toBeGreaterThanOrEqual(least);
        const { x, y, width: w, height: h } = mask.bbox;
        if (frame > 0) expect(shapes[object - 1]).toEqual([x, y, x + w, y + h]);
      }
    }
    expect(new Set(tracked.map(({ frame }: Answer) => frame)).size).toBe(frames.length);
  });
});

/** The pixels of outer rings, by COCO's rule. */
const ringsOf = (rings: [number, number][][]) =>
  polygonsToRle(
    rings.map((ring) => ring.flat()),
    width,
    height,
  );
/** A mask whose holes are filled: what a tool without holes can hold of it. */
const filled = (mask: MaskRuns) => polygonsToRle(polygonsOf(mask).outer, width, height);

describe("X11 X-AnyLabeling", () => {
  it("answers points and corners with the native mask's outline", async () => {
    await fc.assert(
      fc.asyncProperty(spot, box, async (on, { x0, y0, x1, y1 }) => {
        const { data } = await post("x-anylabeling/v1/predict", {
          model: "maskwire_tiny",
          image: `data:image/jpeg;base64,${picture.toString("base64")}`,
          params: {
            marks: [
              { type: "point", data: [on.x, on.y], label: 0 },
              { type: "rectangle", data: [x1, y1, x0, y0], label: 1 },
            ],
            epsilon_factor: 0,
          },
        });
        const expected = await native({ points: [{ ...on, label: 0 }], box: { x0, y0, x1, y1 } });
        if (polygonsOf(expected).outer.length !== 1) return;
        expect(
          rleIou(ringsOf(data.shapes.map(({ points }: Answer) => points)), filled(expected)),
        ).toBeGreaterThanOrEqual(least);
      }),
      runs,
    );
  });
});

describe("X17 X-AnyLabeling's videos", () => {
  it("are followed to the native API's masks, with each frame encoded once", async () => {
    const pictures = await Promise.all([...Array(4).keys()].map((frame) => jpegScene(320, 240, 60 + frame)));
    const encodes = () => metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
    const before = await encodes();
    const model = "maskwire_video_tiny";
    const frames = pictures.map((bytes) => `data:image/jpeg;base64,${bytes.toString("base64")}`);
    const { data: video } = await post("x-anylabeling/v1/video/init", { model, frames, start_frame_index: 0 });
    const { session_id } = video;
    const { x, y } = clickOn("disc", 320, 240);
    const shown = { frame_index: 1, points: [[x / 320, y / 240]], point_labels: [1], obj_id: 10_000 };
    await post("x-anylabeling/v1/video/prompt", { session_id, model, ...shown, params: { epsilon_factor: 0 } });
    const stream = await fetch(`${maskwire.url}/adapters/x-anylabeling/v1/video/propagate/stream`, {
      method: "POST",
      body: JSON.stringify({ session_id, model, start_frame: 1 }),
      headers,
    });
    const told: Answer[] = (await stream.text())
      .split("\n\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line.slice("data: ".length)));
    expect(told.at(-1).type).toBe("completed");
    // The first is before all that is followed.
    expect((await encodes()) - before).toBe(frames.length - 1);
    const imageIds = pictures.map((bytes) => imageIdOf(bytes));
    await upload(maskwire.url, pictures[0]!);
    const prompts = [{ frame: 1, object: 1, prompt: { points: [{ x, y }] } }];
    const reply = await fetch(`${maskwire.url}/v1/track`, {
      method: "POST",
      body: JSON.stringify({ imageIds, prompts, first: 1 }),
    });
    const lines: Answer[] = await allLines(eventLines(reply));
    const tracked = lines.flatMap((line) => line.frame ?? []);
    expect(tracked.map(({ frame }: Answer) => frame)).toEqual([1, 2, 3]);
    for (const { frame, objects } of tracked) {
      const expected = decodeRle(objects[0].mask.rle);
      const { outer } = polygonsOf(expected);
      const rings = told.at(-1).results[frame].masks.map(({ points }: Answer) => points.flat());
      if (outer.length > 1) continue;
      expect(
        rleIou(polygonsToRle(rings, 320, 240), polygonsToRle(outer, 320, 240)),
        `frame ${frame}`,
      ).toBeGreaterThanOrEqual(least);
    }
  });
});

describe("X12 Roboflow", () => {
  const image = () => ({ type: "base64", value: picture.toString("base64") });
  it("answers boxes by their middle with the native mask, as run lengths and as polygons", async () => {
    await fc.assert(
      fc.asyncProperty(spot, box, async (on, { x0, y0, x1, y1 }) => {
        const [w, h] = [x1 - x0, y1 - y0];
        const prompts = [
          { box: { x: x0 + w / 2, y: y0 + h / 2, width: w, height: h }, points: [{ ...on, positive: false }] },
        ];
        const ask = (format: string) =>
          post("roboflow/sam2/segment_image", { image: image(), prompts, format, multimask_output: false });
        const expected = await native({ points: [{ ...on, label: 0 }], box: { x0, y0, x1, y1 } });
        const { predictions: asRle } = await ask("rle");
        expect(rleIou(decodeRle(asRle[0].masks), expected)).toBeGreaterThanOrEqual(least);
        const { predictions: asRings } = await ask("json");
        expect(rleIou(ringsOf(asRings[0].masks), filled(expected))).toBeGreaterThanOrEqual(least);
      }),
      runs,
    );
  });

  it("answers points as SAM's own server does, and goes on from its logits", async () => {
    const body = { image: image(), image_id: "a1", point_coords: [[200.5, 150]], point_labels: [1] };
    const { masks, low_res_masks: logits } = await post("roboflow/sam/segment_image", body);
    const expected = await native({ points: [{ x: 200.5, y: 150 }] });
    const rings = polygonsOf(expected).outer.map((ring) => polygonsToRle([ring], width, height));
    expect(Math.max(...rings.map((ring) => rleIou(ringsOf(masks), ring)))).toBeGreaterThanOrEqual(least);
    expect([logits[0].length, logits[0][0].length]).toEqual([256, 256]);
    const again = await post("roboflow/sam/segment_image", {
      ...body,
      image: undefined,
      has_mask_input: true,
      mask_input: logits,
    });
    expect(again.masks[0].length).toBeGreaterThan(3);
  });
});

describe("X14 samapi", () => {
  it("answers a box with the native mask's longest outline", async () => {
    await fc.assert(
      fc.asyncProperty(box, async ({ x0, y0, x1, y1 }) => {
        const [feature] = await post("samapi/sam/", {
          type: "vit_h",
          bbox: [x0, y0, x1, y1],
          b64img: picture.toString("base64"),
        });
        const expected = await native({ box: { x0, y0, x1, y1 } });
        if (polygonsOf(expected).outer.length !== 1) return;
        expect(rleIou(ringsOf(feature.geometry.coordinates), filled(expected))).toBeGreaterThanOrEqual(least);
      }),
      runs,
    );
  });

  it("finds everything that the native API finds with the same settings", async () => {
    const settings = { points_per_side: 6, pred_iou_thresh: 0.1, stability_score_thresh: 0.1 };
    const features = await post("samapi/sam/automask/", {
      b64img: picture.toString("base64"),
      include_image_edge: true,
      ...settings,
    });
    const reply = await fetch(`${maskwire.url}/v1/everything`, {
      method: "POST",
      body: JSON.stringify({
        imageId,
        mode: "EVERYTHING_MODE_EXHAUSTIVE",
        pointsPerSide: 6,
        predIouThresh: 0.1,
        stabilityScoreThresh: 0.1,
      }),
    });
    const lines: Answer[] = await allLines(eventLines(reply));
    const gone = new Set(lines.flatMap(({ retracted }) => retracted ?? []));
    const found = lines.flatMap(({ annotation }) =>
      annotation && !gone.has(annotation.id) ? [decodeRle(annotation.segmentation)] : [],
    );
    expect(found.length).toBeGreaterThan(0);
    expect(features).toHaveLength(found.length);
    for (const { geometry } of features) {
      const ring = ringsOf(geometry.coordinates);
      expect(Math.max(...found.map((mask) => rleIou(ring, filled(mask))))).toBeGreaterThan(0.9);
    }
  });
});

describe("X15 osam", () => {
  it("answers points and a box of two of them with the native mask in its box", async () => {
    await fc.assert(
      fc.asyncProperty(spot, box, async (on, { x0, y0, x1, y1 }) => {
        const prompt = {
          points: [
            [on.x, on.y],
            [x0, y0],
            [x1, y1],
          ],
          point_labels: [0, 2, 3],
        };
        const { annotations } = await post("osam/api/generate", {
          model: "sam:latest",
          image: picture.toString("base64"),
          prompt,
        });
        const expected = await native({ points: [{ ...on, label: 0 }], box: { x0, y0, x1, y1 } });
        const [{ bounding_box: bounds, mask } = { bounding_box: undefined, mask: "" }] = annotations;
        if (!bounds) {
          expect(expected.runs).toHaveLength(1);
          return;
        }
        const { data, info } = await sharp(Buffer.from(mask, "base64"))
          .toColourspace("b-w")
          .raw()
          .toBuffer({ resolveWithObject: true });
        expect([info.width, info.height]).toEqual([bounds.xmax - bounds.xmin + 1, bounds.ymax - bounds.ymin + 1]);
        const bitmap = new Uint8Array(width * height);
        for (const [at, value] of data.entries()) {
          const [x, y] = [bounds.xmin + (at % info.width), bounds.ymin + Math.floor(at / info.width)];
          bitmap[y * width + x] = Number(value === 255);
        }
        expect(rleIou(bitmapToRle(bitmap, width, height), expected)).toBeGreaterThanOrEqual(least);
      }),
      runs,
    );
  });
});
