import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FakeAccess, principalOf } from "../../../services/runtime/testing/fake-access.js";
import { ServedAdapters } from "../testing/serve-adapters.js";

const detectors = [{ id: "coco", ready: true, labels: ["cat"], vocabulary: "closed" }];
/** As the client sends them: the larger ones are cut out of the body while it comes. */
const frameOf = (name: string, bytes = 24) =>
  `data:image/jpeg;base64,${Buffer.from(name.padEnd(bytes, ".")).toString("base64")}`;
const framesOf = (video: string, count = 5, bytes = 24) =>
  Array.from({ length: count }, (_, at) => frameOf(`${video} ${at}`, bytes));

let served: ServedAdapters;
beforeAll(async () => {
  served = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "x-anylabeling" }, { detectors });
});
afterAll(() => served?.[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [served.segments, served.tracks, served.uploads]) list.length = 0;
});

type Shape = { label: string; score: number; group_id: number; points: [number, number][] };
const model = "maskwire_video_tiny";
const at = (own: ServedAdapters, headers: Record<string, string> = {}) => {
  const post = (path: string, body: object) => own.ask(`x-anylabeling/v1/video/${path}`, body, headers);
  const data = async (path: string, body: object) => {
    const answer = await post(path, body);
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200, body: { success: true } });
    return (answer.body as { data: Record<string, unknown> }).data;
  };
  return {
    post,
    data,
    begin: async (frames: string[], start = 0) => {
      const { session_id } = await data("init", { model, frames, start_frame_index: start });
      return String(session_id);
    },
    /** Without a body, and with the type of one, as the client does. */
    act: async (path: string) => {
      const reply = await fetch(`${own.url}/adapters/x-anylabeling/v1/video/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
      });
      return { status: reply.status, body: await reply.json() };
    },
    events: async (body: object) => {
      const reply = await fetch(`${own.url}/adapters/x-anylabeling/v1/video/propagate/stream`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      expect(reply.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
      const lines = (await reply.text()).split("\n\n");
      expect(lines.pop()).toBe("");
      return lines.map((line) => JSON.parse(line.replace(/^data: /, "")) as Record<string, unknown>);
    },
    status: async (task: string) =>
      (await own.ask(`x-anylabeling/v1/video/status/${task}`, undefined, headers)) as {
        status: number;
        body: { data: Record<string, unknown> };
      },
  };
};
const click = { points: [[0.25, 0.4]], point_labels: [1], obj_id: 10_000, params: { epsilon_factor: 0 } };
/** Left and top of each frame's shapes. */
const placesOf = (results: unknown) =>
  Object.fromEntries(
    Object.entries(results as Record<string, { masks: Shape[] }>).map(([frame, { masks }]) => [
      frame,
      masks.map(({ points }) => [Math.min(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y))]),
    ]),
  );

describe("X17 Videos of X-AnyLabeling's", () => {
  it("are sent, shown a point as shares of the frame, and followed from there to the end, each frame encoded once", async () => {
    const { begin, data, events, act } = at(served);
    const answer = await data("init", { model, frames: framesOf("a", 12, 5000), start_frame_index: 0 });
    expect(answer).toEqual({ session_id: expect.any(String), num_frames: 12, start_frame_index: 0 });
    const session_id = String(answer.session_id);
    // Nothing is encoded before it is needed.
    expect(served.uploads).toEqual([]);
    const shown = await data("prompt", { session_id, model, frame_index: 8, ...click });
    expect(served.segments[0]?.prompt?.points).toMatchObject([{ x: 10, y: 12, label: 1 }]);
    expect(shown).toMatchObject({
      frame_index: 8,
      num_objects: 1,
      masks: [{ label: "AUTOLABEL_OBJECT", shape_type: "polygon", group_id: 10_001, score: expect.closeTo(0.9) }],
    });
    const told = await events({ session_id, model, start_frame: 8 });
    expect(told.map(({ type }) => type)).toEqual(["started", ...Array(4).fill("progress"), "completed"]);
    expect(told[0]).toEqual({ type: "started", total_frames: 12, start_frame_index: 0 });
    expect(told.at(-2)).toEqual({ type: "progress", current_frame: 11, total_frames: 12, progress: 1 });
    const { results } = told.at(-1) ?? {};
    expect(placesOf(results)).toEqual({ 8: [[10, 12]], 9: [[11, 12]], 10: [[12, 12]], 11: [[13, 12]] });
    const masks = Object.values(results as Record<string, { masks: Shape[] }>).flatMap((frame) => frame.masks);
    expect(new Set(masks.map(({ group_id }) => group_id))).toEqual(new Set([10_001]));
    expect(served.uploads).toHaveLength(4);
    expect(await act(`cleanup/${session_id}?model=${model}`)).toMatchObject({ status: 200, body: { success: true } });
    expect((await act(`cleanup/${session_id}?model=${model}`)).body).toMatchObject({
      success: false,
      error: { code: "SESSION_NOT_FOUND" },
    });
    expect(await begin(framesOf("a"))).not.toBe(session_id);
  });

  it("have frames by the tool's own numbers, and go as far as it says", async () => {
    const { begin, data, events } = at(served);
    const session_id = await begin(framesOf("b"), 100);
    await data("prompt", { session_id, model, frame_index: 101, ...click });
    const told = await events({ session_id, model, end_frame: 103 });
    expect(told[0]).toMatchObject({ start_frame_index: 100 });
    expect(placesOf(told.at(-1)?.results)).toEqual({ 101: [[10, 12]], 102: [[11, 12]], 103: [[12, 12]] });
  });

  it("are followed in the background, told of when asked, and ended", async () => {
    const { begin, data, status, act } = at(served);
    const session_id = await begin(framesOf("c"));
    await data("prompt", { session_id, model, frame_index: 0, ...click });
    const started = await data("propagate", { session_id, model });
    expect(started).toEqual({ task_id: expect.any(String), status: "processing", message: "Propagation started" });
    const task = String(started.task_id);
    let told = await status(task);
    while (told.body.data.status === "processing") told = await status(task);
    expect(told.body.data).toMatchObject({ status: "completed", progress: 1, total_frames: 5, current_frame: 4 });
    expect(Object.keys(placesOf(told.body.data.results))).toHaveLength(5);
    expect(await act(`cancel/${task}`)).toMatchObject({ status: 200, body: { data: { message: "Task cancelled" } } });
    const again = String((await data("propagate", { session_id, model })).task_id);
    await act(`cancel/${again}`);
    expect((await status(again)).body.data).toMatchObject({ status: expect.stringMatching(/cancelled|completed/) });
    expect((await status(task)).status).toBe(404);
    expect(await act("cancel/other")).toMatchObject({ status: 404, body: { error: { code: "TASK_NOT_FOUND" } } });
  });

  it("have every object that words name followed by itself, in the place of what was shown before", async () => {
    const { begin, data, events } = at(served);
    const session_id = await begin(framesOf("d", 2));
    await data("prompt", { session_id, model, frame_index: 0, ...click });
    const shown = await data("prompt", { session_id, model, frame_index: 0, text_prompt: "cat" });
    expect(shown).toMatchObject({ num_objects: 1, masks: [{ label: "cat", group_id: 1, score: expect.closeTo(0.8) }] });
    const told = await events({ session_id, model, start_frame: 0 });
    const { results } = told.at(-1) as { results: Record<string, { masks: Shape[] }> };
    expect(results["1"]?.masks).toMatchObject([{ label: "cat", group_id: 1 }]);
    const none = { session_id, model, frame_index: 0, text_prompt: "cat", params: { conf_threshold: 0.95 } };
    expect(await data("prompt", none)).toEqual({ frame_index: 0, masks: [], num_objects: 0 });
  });

  it("send frames again that nobody has any more", async () => {
    const { begin, data, events } = at(served);
    const session_id = await begin(framesOf("e", 3));
    await data("prompt", { session_id, model, frame_index: 0, ...click });
    served.known.clear();
    const told = await events({ session_id, model });
    expect(told.at(-1)?.type).toBe("completed");
    expect(served.uploads).toHaveLength(4);
  });

  it("say which frame cannot be read", async () => {
    const { begin, data, events } = at(served);
    const session_id = await begin([...framesOf("f", 2), frameOf("broken")]);
    await data("prompt", { session_id, model, frame_index: 0, ...click });
    expect((await events({ session_id, model })).at(-1)).toEqual({
      type: "error",
      message: expect.stringMatching(/^Frame 2: .*damaged\.$/),
    });
  });

  it.each<[string, string, object, number, string, RegExp]>([
    ["another model", "init", { model: "maskwire_tiny", frames: framesOf("g", 1) }, 404, "MODEL_NOT_FOUND", /no model/],
    ["no frames", "init", { model, frames: [] }, 400, "INIT_ERROR", /no frame/],
    ["an empty frame", "init", { model, frames: [frameOf("g"), ""] }, 422, "INVALID_FRAME", /^Frame 1 is empty/],
    ["a video that is gone", "prompt", { session_id: "x", model, ...click }, 404, "SESSION_NOT_FOUND", /not kept/],
    ["no video", "propagate", { model }, 400, "PROPAGATION_ERROR", /session_id/],
  ])("X3: are refused with %s", async (_name, path, body, status, code, message) => {
    expect(await at(served).post(path, body)).toMatchObject({
      status,
      body: { success: false, error: { code, message: expect.stringMatching(message) } },
    });
  });

  it.each<[string, string, object, string, RegExp]>([
    ["a frame that is not there", "prompt", { ...click, frame_index: 9 }, "PROMPT_ERROR", /no frame 9/],
    ["a point in pixels", "prompt", { ...click, points: [[200, 100]] }, "PROMPT_ERROR", /points\.0/],
    ["labels of another number", "prompt", { ...click, point_labels: [1, 0] }, "PROMPT_ERROR", /one length/],
    ["nothing to look for", "prompt", {}, "PROMPT_ERROR", /needs/],
    ["nothing to follow", "propagate", {}, "PROPAGATION_ERROR", /Nothing is marked/],
    ["nothing to follow by events", "propagate/stream", {}, "PROPAGATION_ERROR", /Nothing is marked/],
  ])("X3: are refused %s", async (_name, path, body, code, message) => {
    const { begin, post } = at(served);
    const session_id = await begin(framesOf("h", 2));
    expect(await post(path, { session_id, model, ...body })).toMatchObject({
      status: 400,
      body: { success: false, error: { code, message: expect.stringMatching(message) } },
    });
  });

  it("have 16 objects at most", async () => {
    const { begin, data, post } = at(served);
    const session_id = await begin(framesOf("i", 1));
    const prompt = (obj_id: number) => ({ session_id, model, frame_index: 0, ...click, obj_id });
    for (let id = 0; id < 16; id++) await data("prompt", prompt(id));
    expect(await post("prompt", prompt(16))).toMatchObject({ status: 400 });
    expect(await post("prompt", prompt(3))).toMatchObject({ status: 200 });
  });

  it("are kept within so many bytes: who wants room for another ends his own that rested longest", async () => {
    const env = { MASKWIRE_ADAPTERS: "x-anylabeling", MASKWIRE_ADAPTER_VIDEO_BYTES: "20000" };
    const access = new FakeAccess({ user: principalOf("acme"), other: principalOf("umbrella") });
    await using own = await ServedAdapters.start(env, { access });
    const mine = at(own, { token: "user" });
    const theirs = at(own, { token: "other" });
    expect(await mine.post("init", { model, frames: framesOf("j", 5, 5000) })).toMatchObject({
      status: 413,
      body: { error: { message: expect.stringMatching(/25000 bytes/) } },
    });
    const first = await mine.begin(framesOf("k", 2, 5000));
    const second = await mine.begin(framesOf("l", 2, 2000));
    // X1: of a tenant's alone.
    expect((await theirs.post("prompt", { session_id: first, model, ...click })).status).toBe(404);
    expect((await theirs.post("init", { model, frames: framesOf("m", 2, 5000) })).status).toBe(429);
    await mine.begin(framesOf("n", 2, 5000));
    expect((await mine.post("prompt", { session_id: first, model, ...click })).status).toBe(404);
    expect((await mine.post("prompt", { session_id: second, model, ...click })).status).toBe(200);
    expect((await at(own).post("init", { model, frames: framesOf("o", 1) })).status).toBe(401);
  });
});
