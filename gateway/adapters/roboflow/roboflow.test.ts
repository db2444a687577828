import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeRle, rleArea, rleBoundingBox } from "../../../proto/index.js";
import { FakeAccess, principalOf } from "../../../services/runtime/testing/fake-access.js";
import { pictureSize, ServedAdapters } from "../testing/serve-adapters.js";

const imageOf = (text: string) => ({ type: "base64", value: Buffer.from(text).toString("base64") });
const image = imageOf("a picture");
let served: ServedAdapters;
beforeAll(async () => {
  served = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "roboflow" });
});
afterAll(() => served?.[Symbol.asyncDispose]());
beforeEach(() => {
  served.segments.length = 0;
});

const ask = (path: string, body: object) => served.ask(`roboflow/${path}`, body);
const time = expect.any(Number);
const ring = (left: number, top: number) =>
  expect.arrayContaining([
    [left, top],
    [left + 6, top],
    [left + 6, top + 6],
    [left, top + 6],
  ]);

describe("X12 Roboflow's SAM 2", () => {
  it("answers points, and boxes by their middle", async () => {
    const prompts = {
      prompts: [
        {
          points: [
            { x: 10, y: 12, positive: true },
            { x: 1, y: 2, positive: false },
          ],
        },
        { box: { x: 20, y: 15, width: 10, height: 8 } },
      ],
    };
    const { body } = await ask("sam2/segment_image", {
      image,
      prompts,
      sam2_version_id: "hiera_tiny",
      multimask_output: true,
    });
    expect(body).toEqual({
      predictions: [
        { masks: [ring(10, 12)], confidence: expect.closeTo(0.9), format: "polygon" },
        { masks: [ring(15, 11)], confidence: expect.closeTo(0.9), format: "polygon" },
      ],
      time,
    });
    expect(served.segments[0]?.prompt?.points).toMatchObject([
      { x: 10, y: 12, label: 1 },
      { x: 1, y: 2, label: 0 },
    ]);
    expect(served.segments[1]?.prompt?.box).toMatchObject({ x0: 15, y0: 11, x1: 25, y1: 19 });
  });

  it.each([
    ["a list", [{ points: [{ x: 4, y: 5, positive: true }] }]],
    ["one by itself", { points: [{ x: 4, y: 5, positive: true }] }],
  ])("takes prompts as %s, and gives masks as COCO's run lengths", async (_name, prompts) => {
    const { body } = await ask("sam2/segment_image", { image, prompts, format: "rle" });
    const { predictions } = body as { predictions: { masks: { size: number[]; counts: string }; format: string }[] };
    expect(predictions).toMatchObject([{ format: "rle", masks: { size: [pictureSize.height, pictureSize.width] } }]);
    const mask = decodeRle(predictions[0]!.masks);
    expect([rleArea(mask), rleBoundingBox(mask)]).toEqual([36, { x: 4, y: 5, width: 6, height: 6 }]);
  });

  it.each(["sam2/segment_image", "sam3/visual_segment"])(
    "asks for the middle where nothing is said: %s",
    async (path) => {
      const { body } = await ask(path, { image });
      expect(body).toMatchObject({ predictions: [{ masks: [ring(20, 15)] }] });
    },
  );

  it("starts from the logits of the largest earlier prompt that is a part of this one, where it is told to", async () => {
    const at = (x: number) => ({ x, y: 5, positive: true });
    const cached = { image: imageOf("for logits"), save_logits_to_cache: true, load_logits_from_cache: true };
    await ask("sam2/segment_image", { ...cached, prompts: [{ points: [at(3)] }] });
    await ask("sam2/segment_image", { ...cached, prompts: [{ points: [at(3), at(9)] }] });
    await ask("sam2/segment_image", { ...cached, prompts: [{ points: [at(9), at(3), at(1)] }] });
    await ask("sam2/segment_image", { ...cached, prompts: [{ points: [at(8)] }] });
    const starts = served.segments.map(({ prompt }) =>
      prompt?.mask?.source.case === "lowResLogits" ? prompt.mask.source.value.data[1] : undefined,
    );
    // The fake's logits count what it was asked.
    expect(starts).toEqual([undefined, 1, 2, undefined]);
  });

  it("knows a picture by the id that it was given, in its tenant", async () => {
    const { body } = await ask("sam2/embed_image", { image: imageOf("named"), image_id: "a1" });
    expect(body).toEqual({ image_id: "a1", time });
    expect((await ask("sam2/embed_image", { image })).body).toEqual({
      image_id: expect.stringMatching(/^[0-9a-f]{12}$/),
      time,
    });
    expect((await ask("sam/segment_image", { image_id: "a1", point_coords: [[2, 3]], point_labels: [1] })).status).toBe(
      200,
    );
    expect(await ask("sam/segment_image", { image_id: "a2", point_coords: [[2, 3]], point_labels: [1] })).toMatchObject(
      { status: 400, body: { message: expect.stringMatching(/image_id/) } },
    );
  });
});

describe("X12 Roboflow's SAM", () => {
  it("answers with the longest ring and the logits, and leaves points below 0 out", async () => {
    const { body } = await ask("sam/segment_image", {
      image,
      point_coords: [
        [2, 3],
        [9, 9],
        [5, 5],
      ],
      point_labels: [1, 0, -1],
      format: "json",
    });
    expect(body).toEqual({ masks: [ring(2, 3)], low_res_masks: [[[expect.any(Number)]]], time });
    expect(served.segments[0]?.prompt?.points).toMatchObject([{ label: 1 }, { label: 0 }]);
  });

  it("starts from logits that come, or from the last ones of the picture's id", async () => {
    const point = { point_coords: [[2, 3]], point_labels: [1] };
    await ask("sam/segment_image", { ...point, image, has_mask_input: true, mask_input: [[[[2]]]] });
    await ask("sam/segment_image", { ...point, image, image_id: "b1" });
    await ask("sam/segment_image", { ...point, image_id: "b1", use_mask_input_cache: true });
    const sources = served.segments.map(({ prompt }) => prompt?.mask?.source);
    expect(sources).toMatchObject([
      { case: "lowResLogits", value: { width: 1, height: 1, data: Buffer.of(0, 0x40) } },
      undefined,
      { case: "lowResLogits" },
    ]);
  });

  it("keeps embeddings to itself", async () => {
    expect((await ask("sam/embed_image", { image })).body).toEqual({ embeddings: [], time });
  });
});

describe("X13 Roboflow's concepts", () => {
  it("are words, and boxes in either form", async () => {
    const prompts = [
      { type: "text", text: "cat" },
      {
        type: "visual",
        boxes: [
          { x: 4, y: 5, width: 9, height: 9 },
          { x0: 20, y0: 10, x1: 30, y1: 20 },
          { x: 1, y: 1, width: 2, height: 2 },
        ],
        box_labels: [1, 1, 0],
      },
      { type: "text", text: "cat", output_prob_thresh: 0.95 },
    ];
    const { body } = await ask("sam3/concept_segment", {
      image,
      prompts,
      format: "polygon",
      model_id: "sam3/sam3_final",
    });
    expect(body).toEqual({
      prompt_results: [
        {
          prompt_index: 0,
          echo: { prompt_index: 0, type: "text", text: "cat", num_boxes: 0 },
          predictions: [{ masks: [ring(5, 5)], confidence: expect.closeTo(0.8), format: "polygon" }],
        },
        {
          prompt_index: 1,
          echo: { prompt_index: 1, type: "visual", text: null, num_boxes: 3 },
          predictions: [{ masks: [ring(4, 5)] }, { masks: [ring(20, 10)] }].map((one) => expect.objectContaining(one)),
        },
        { prompt_index: 2, echo: expect.any(Object), predictions: [] },
      ],
      time,
    });
  });
});

it.each([
  ["words that nothing is known by", "sam3/concept_segment", { image, prompts: [{ text: "unicorn" }] }, 422, /unicorn/],
  ["a picture as a pickle", "sam2/segment_image", { image: { type: "numpy", value: "gASV" } }, 400, /base64/],
  [
    "a picture from anywhere",
    "sam2/segment_image",
    { image: { type: "url", value: "http://10.0.0.1/a.jpg" } },
    403,
    /10\.0\.0\.1/,
  ],
  ["no picture", "sam/segment_image", { point_coords: [[1, 1]] }, 400, /image/],
  ["a picture that is none", "sam2/segment_image", { image: imageOf("broken") }, 422, /damaged/],
  ["a form that is not given", "sam/segment_image", { image, format: "xml" }, 400, /json/],
  ["embeddings as lists", "sam/segment_image", { image, embeddings: [[[[0.5]]]] }, 400, /numpy\.save/],
  ["embeddings that are no array", "sam/segment_image", { image, embeddings: "AAAA" }, 400, /numpy\.save/],
  ["logits that are no array", "sam/segment_image", { image, has_mask_input: true, mask_input: "AAAA" }, 400, /numpy/],
  ["logits that are none", "sam/segment_image", { image, has_mask_input: true, mask_input: [[1, 2]] }, 400, /square/],
])("X3: Roboflow's clients are told of %s", async (_name, path, body, status, message) => {
  expect(await ask(path, body)).toMatchObject({ status, body: { message: expect.stringMatching(message) } });
});

describe("X1 a key for Roboflow", () => {
  it("stands in the address, in the header or at the head of the body, and is looked for no further", async () => {
    const access = new FakeAccess({ user: principalOf("acme") });
    await using own = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "roboflow" }, { access });
    const post = (body: object, query = "", headers = {}) =>
      own.ask(`roboflow/sam2/segment_image${query}`, body, headers);
    const large = { type: "base64", value: Buffer.alloc(60_000, 7).toString("base64") };
    expect((await post({ image: large }, "?api_key=user")).status).toBe(200);
    expect((await post({ image: large }, "", { authorization: "Bearer user" })).status).toBe(200);
    expect((await post({ api_key: "user", image: large })).status).toBe(200);
    expect((await post({ api_key: "user", image })).status).toBe(200);
    for (const body of [{ image: large, api_key: "user" }, { api_key: "other", image }, { image }, {}]) {
      expect(await post(body)).toMatchObject({ status: 401, body: { message: expect.stringMatching(/\.$/) } });
    }
  });
});
