import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FakeAccess, principalOf } from "../../../services/runtime/testing/fake-access.js";
import { ServedAdapters } from "../testing/serve-adapters.js";

const image = `data:image/png;base64,${Buffer.from("a picture").toString("base64")}`;
const detectors = [{ id: "coco", ready: true, labels: ["cat"], vocabulary: "closed" }];
let served: ServedAdapters;
beforeAll(async () => {
  served = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "x-anylabeling" }, { detectors });
});
afterAll(() => served?.[Symbol.asyncDispose]());
beforeEach(() => {
  served.segments.length = 0;
});

const predict = (params: object, rest: object = {}) =>
  served.ask("x-anylabeling/v1/predict", {
    model: "maskwire_tiny",
    image,
    params: { epsilon_factor: 0.001, reset_tracker: true, ...params },
    ...rest,
  });
const point = (x: number, y: number, label = 1) => ({ type: "point", data: [x, y], label });
const rectangle = (...data: number[]) => ({ type: "rectangle", data, label: 1 });
const square = (left: number, top: number) => ({
  label: "AUTOLABEL_OBJECT",
  shape_type: "polygon",
  points: expect.arrayContaining([
    [left, top],
    [left + 6, top],
    [left + 6, top + 6],
    [left, top + 6],
  ]),
  score: expect.closeTo(0.9),
  attributes: {},
  description: "",
  difficult: false,
  direction: 0,
  flags: {},
  group_id: null,
  kie_linking: [],
});

describe("X11 X-AnyLabeling's server", () => {
  it("is healthy, and lists its models with what its client shows for them", async () => {
    expect((await served.ask("x-anylabeling/health")).body).toEqual({
      status: "healthy",
      models_loaded: 1,
      timestamp: expect.stringMatching(/Z$/),
    });
    const { body } = await served.ask("x-anylabeling/v1/models");
    const { data } = body as { data: Record<string, { widgets: { name: string; value: unknown }[] }> };
    expect(body).toEqual({
      success: true,
      data: {
        maskwire_tiny: {
          display_name: "Maskwire Squares",
          widgets: expect.any(Array),
          params: {},
          capabilities: {},
          batch_processing_mode: "default",
        },
        maskwire_video_tiny: {
          display_name: "Maskwire Squares, videos",
          widgets: expect.arrayContaining([
            { name: "button_add_point", value: null },
            { name: "button_send", value: null },
            { name: "toggle_preserve_existing_annotations", value: false },
          ]),
          params: {},
          capabilities: {},
          batch_processing_mode: "video",
        },
      },
    });
    const widgets = data.maskwire_tiny?.widgets ?? [];
    expect(widgets.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["button_add_point", "button_add_rect", "edit_text", "button_send"]),
    );
    expect(widgets).toContainEqual({ name: "mask_fineness_slider", value: expect.any(Number) });
    expect((await served.ask("x-anylabeling/v1/models/maskwire_tiny/info")).body).toMatchObject({
      success: true,
      data: { model_id: "maskwire_tiny" },
    });
  });

  it("answers marks with a closed polygon", async () => {
    const { body } = await predict({ marks: [point(10, 12), point(30, 20, 0)] });
    expect(body).toEqual({ success: true, data: { shapes: [square(10, 12)], description: "", replace: false } });
    const { data } = body as { data: { shapes: { points: number[][] }[] } };
    const [{ points } = { points: [] }] = data.shapes;
    expect([points.length, points.at(-1)]).toEqual([5, points[0]]);
    expect(served.segments[0]?.prompt?.points).toMatchObject([
      { x: 10, y: 12, label: 1 },
      { x: 30, y: 20, label: 0 },
    ]);
  });

  it("answers each of several rectangles, whichever corner it was drawn from", async () => {
    const { body } = await predict({ marks: [rectangle(9, 9, 2, 3), rectangle(20, 10, 35, 25)] });
    expect((body as { data: { shapes: object[] } }).data.shapes).toEqual([square(2, 3), square(20, 10)]);
  });

  it("answers words with shapes of their name", async () => {
    const { body } = await predict({ text_prompt: "cat" });
    expect((body as { data: { shapes: object[] } }).data.shapes).toMatchObject([
      { label: "cat", score: expect.closeTo(0.8) },
    ]);
  });

  it("has nothing to answer where nothing is marked, or nothing is as sure as is wanted", async () => {
    for (const params of [{}, { marks: [point(1, 1)], conf_threshold: 0.95 }]) {
      expect((await predict(params)).body).toMatchObject({ success: true, data: { shapes: [] } });
    }
  });

  it.each([
    ["another model", {}, { model: "sam3" }, 404, "MODEL_NOT_FOUND"],
    ["a model for videos", {}, { model: "maskwire_video_tiny" }, 404, "MODEL_NOT_FOUND"],
    [
      "a picture that is none",
      { marks: [point(1, 1)] },
      { image: Buffer.from("broken").toString("base64") },
      422,
      "INVALID_IMAGE",
    ],
    ["a mark of another kind", { marks: [{ type: "circle", data: [1, 2] }] }, {}, 400, "PROMPT_ERROR"],
    ["words that nothing is known by", { text_prompt: "unicorn" }, {}, 422, "PROMPT_ERROR"],
  ])("X3: %s is an error of HTTP, which its client shows", async (_name, params, rest, status, code) => {
    expect(await predict(params, rest)).toMatchObject({
      status,
      body: { success: false, error: { code, message: expect.stringMatching(/\.$/) } },
    });
  });

  it("X1: takes a key in its header, and asks for one", async () => {
    const access = new FakeAccess({ user: principalOf("acme") });
    await using own = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "x-anylabeling" }, { access });
    const models = (headers: Record<string, string>) => own.ask("x-anylabeling/v1/models", undefined, headers);
    expect(await models({ token: "" })).toMatchObject({
      status: 401,
      body: { success: false, error: { code: "UNAUTHORIZED" } },
    });
    expect((await models({ token: "user" })).status).toBe(200);
    expect((await own.ask("x-anylabeling/health")).status).toBe(200);
  });
});
