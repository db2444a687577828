import { imageIdOf } from "../../../services/runtime/image-id.js";
import type { Random } from "../../simulation/random.js";
import { jpegScene } from "../../support/pictures.js";
import { checkSentence } from "../answers.js";
import type { Attack } from "../attack.js";
import { inParallel, type Tally } from "../tally.js";
import { mutateBytes, pick } from "../wire/mutate-bytes.js";
import { exchange, post, type RawAnswer } from "../wire/raw-http.js";

type Question = readonly [path: string, body: string];

const video = "maskwire_video_tiny";
const idOf = (random: Random) => `sha256:${random.below(10).toString().repeat(64)}`;

function tracker(image: string, state: object, random: Random): Question {
  const recent = Array(random.below(4)).fill([idOf(random), "rle:04"]);
  const states = [{ maskwire: 1, recent, ...state }];
  return ["/adapters/cvat/functions/maskwire-tracker", JSON.stringify({ image, shapes: [[1, 1, 60, 40]], states })];
}

function npy(image: string, field: string, random: Random): Question {
  const shape = pick(random, ["1, 256, 64, 64", "1000000, 1000000", "65536, 65536, 65536, 65536", "0"]);
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const length = pick(random, [header.length, 65_535]);
  const file = Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    Buffer.of(length & 255, length >> 8),
    Buffer.from(header),
  ]);
  const asked = { image: { value: image }, has_mask_input: true, format: "binary", [field]: file.toString("base64") };
  return ["/adapters/roboflow/sam/segment_image", JSON.stringify(asked)];
}

/** Many strings, deep lists, a brush of the largest size, outlines without end, a configuration that nests or grows: what costs more than it weighs. */
function heavy(image: string, random: Random): Question {
  const region = (type: string, value: object, side = 640) => ({
    type,
    original_width: side,
    original_height: side,
    value,
  });
  const labelStudio = (config: string, result: object[]): Question => [
    "/adapters/label-studio/predict",
    JSON.stringify({ tasks: [{ id: 1, data: { image } }], label_config: config, params: { context: { result } } }),
  ];
  const config = '<View><Image name="image" value="$image"/><BrushLabels name="tag" toName="image"/></View>';
  return pick(random, [
    ["/adapters/osam/api/generate", `[${'"",'.repeat(600_000)}""]`] as const,
    ["/adapters/osam/api/generate", `{"model":"sam","image":${"[".repeat(500_000)}`] as const,
    ["/adapters/roboflow/sam2/segment_image", JSON.stringify({ image: { value: "A".repeat(3_000_000) } })] as const,
    [
      "/adapters/roboflow/sam/segment_image",
      JSON.stringify({
        image: { value: image },
        has_mask_input: true,
        mask_input: Array(600).fill(Array(600).fill(0)),
      }),
    ] as const,
    // Arrays that say that they are larger than any memory.
    npy(image, "embeddings", random),
    npy(image, "mask_input", random),
    ["/api/functions/maskwire-interactor", "{}"] as const,
    [
      "/adapters/cvat/functions/maskwire-interactor",
      JSON.stringify({ image, pos_points: Array(1000).fill([1, 1]) }),
    ] as const,
    [
      "/adapters/x-anylabeling/v1/predict",
      JSON.stringify({
        model: "maskwire_tiny",
        image,
        params: { marks: Array(1000).fill({ type: "rectangle", data: [0, 0, 9, 9] }) },
      }),
    ] as const,
    // Of pictures that nobody has, and masks that go on for ever.
    tracker(image, { size: [48, 64], shown: [idOf(random), `rle:${"0".repeat(500_000)}`] }, random),
    tracker(image, { size: [2 ** 31, 2 ** 31], shown: [idOf(random), "rle:0"] }, random),
    tracker(image, { size: [48, 64], shown: [imageIdOf(Buffer.from(image, "base64")), "rle:~~~~"] }, random),
    [
      "/adapters/cvat/functions/maskwire-tracker",
      JSON.stringify({ image, shapes: Array(64).fill([1, 1, 60, 40]), states: [null] }),
    ] as const,
    [
      "/adapters/x-anylabeling/v1/video/init",
      JSON.stringify({ model: video, frames: Array(4096).fill(image.slice(0, 80)) }),
    ] as const,
    [
      "/adapters/x-anylabeling/v1/video/init",
      JSON.stringify({ model: video, frames: Array(20).fill("A".repeat(400_000 + random.below(9))) }),
    ] as const,
    labelStudio(config, [region("brushlabels", { rle: [0, 255, 255, 252, 57, 27, ...Array(1000).fill(255)] }, 16_384)]),
    labelStudio(config, [
      region("polygonlabels", {
        points: Array(20_000)
          .fill([1e9, -1e9])
          .map(([x, y], at) => [at % 2 === 0 ? x : 0, y]),
      }),
    ]),
    labelStudio(`<!DOCTYPE a [<!ENTITY b "${"c".repeat(1000)}">]>${"<View>".repeat(50_000)}&b;`, []),
    labelStudio(config.repeat(3000), []),
  ]);
}

/** What tools send, changed here and there. */
function changed(image: string, random: Random): readonly [string, Uint8Array] {
  const [path, body] = pick<Question>(random, [
    [
      "/adapters/label-studio/predict",
      JSON.stringify({
        tasks: [{ id: 1, data: { image: "/data/upload/1/a.jpg" } }],
        label_config: "<View/>",
        params: { context: null },
      }),
    ],
    [
      "/adapters/label-studio/setup",
      JSON.stringify({ project: "1.2", schema: "<View/>", hostname: "http://127.0.0.1", access_token: "x" }),
    ],
    [
      "/adapters/cvat/functions/maskwire-interactor",
      JSON.stringify({
        image,
        pos_points: [[9, 9]],
        neg_points: [],
        obj_bbox: [
          [0, 0],
          [40, 40],
        ],
      }),
    ],
    [
      "/adapters/x-anylabeling/v1/predict",
      JSON.stringify({ model: "maskwire_tiny", image, params: { marks: [{ type: "point", data: [9, 9], label: 1 }] } }),
    ],
    [
      "/adapters/roboflow/sam2/segment_image",
      JSON.stringify({ image: { type: "base64", value: image }, prompts: [{ points: [{ x: 9, y: 9 }] }] }),
    ],
    [
      "/adapters/cvat/functions/maskwire-tracker",
      JSON.stringify({
        image,
        shapes: [[3, 3, 40, 40]],
        states: [{ maskwire: 1, size: [48, 64], shown: [idOf(random), "rle:04"], recent: [] }],
      }),
    ],
    [
      "/adapters/x-anylabeling/v1/video/init",
      JSON.stringify({ model: video, frames: [image, image], start_frame_index: 0 }),
    ],
    [
      "/adapters/x-anylabeling/v1/video/prompt",
      JSON.stringify({ session_id: "x", model: video, frame_index: 0, points: [[0.5, 0.5]], point_labels: [1] }),
    ],
    ["/adapters/x-anylabeling/v1/video/propagate/stream", JSON.stringify({ session_id: "x", model: video })],
    ["/adapters/samapi/sam/", JSON.stringify({ type: "vit_h", b64img: image, bbox: [0, 0, 40, 40] })],
    [
      "/adapters/osam/api/generate",
      JSON.stringify({ model: "sam:latest", image, prompt: { points: [[9, 9]], point_labels: [1] } }),
    ],
  ]);
  return [path, mutateBytes(Buffer.from(body), random, 4)];
}

export const adapterBodies: Attack = {
  name: "adapter-bodies",
  title: "what annotation tools send, changed here and there, and bodies that cost more than they weigh",
  setting: "single",
  unit: "requests",
  count: 3000,
  short: 60,
  env: {
    MASKWIRE_ADAPTERS: "label-studio,cvat,x-anylabeling,roboflow,samapi,osam",
    MASKWIRE_LABEL_STUDIO_URL: "http://127.0.0.1:9",
  },
  async run({ gateway, from }, random, tally) {
    const image = (await jpegScene(64, 48, 3)).toString("base64");
    await inParallel(4, tally, async () => {
      tally.try();
      const [path, body] = random.below(3) === 0 ? heavy(image, random) : changed(image, random);
      tell(await exchange(gateway, from, post(path, body), { lingerMs: tally.patienceMs(8000) }), tally);
    });
  },
};

/** Each tool has a form of its own for errors; a sentence is in all of them. */
function tell({ statuses: [status], text, isClosed }: RawAnswer, tally: Tally): void {
  if (status === undefined) {
    if (isClosed) tally.refused();
    return;
  }
  if (status === 429 || status === 503 || status === 413) tally.refused();
  else tally.answered();
  if (status < 400) return;
  const [, sentence] = /"(?:message|detail|error)":"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  if (status === 500) tally.note(`HTTP 500: ${text.slice(-200)}`);
  else tally.note(sentence === undefined ? `HTTP ${status} without a sentence` : checkSentence(sentence));
}
