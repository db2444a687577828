import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TrackState } from "../../../proto/index.js";
import { FakeAccess, principalOf } from "../../../services/runtime/testing/fake-access.js";
import { ServedAdapters } from "../testing/serve-adapters.js";

const image = Buffer.from([0xff, 0xd8, 0xff, 0xe0, ...Buffer.from("a frame")]).toString("base64");
const detectors = [
  { id: "coco", ready: true, labels: ["cat", "dog"], vocabulary: "closed" },
  { id: "away", ready: false, labels: ["unicorn"], vocabulary: "closed" },
];
const nuclio = { "x-nuclio-project-name": "cvat", "x-nuclio-function-namespace": "nuclio" };

let served: ServedAdapters;
beforeAll(async () => {
  served = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "cvat", MASKWIRE_CVAT_PORTS: "0,0,0,0" }, { detectors });
});
afterAll(() => served?.[Symbol.asyncDispose]());
beforeEach(() => {
  served.segments.length = 0;
  served.tracks.length = 0;
});

const invoke = (name: string, body: unknown, own = served) =>
  own.ask("cvat/api/function_invocations", body, { ...nuclio, "x-nuclio-function-name": name, "x-nuclio-path": "/" });
const clicked = (rest: object = {}) => ({ image, pos_points: [[10, 12]], neg_points: [], obj_bbox: null, ...rest });
const six = Array(6).fill(Array(6).fill(1));

describe("X8 CVAT's dashboard", () => {
  it.each(["/adapters/cvat", ""])("lists functions as Nuclio does, below %s/api", async (prefix) => {
    const reply = await fetch(`${served.url}${prefix}/api/functions`, { headers: nuclio });
    const functions = (await reply.json()) as Record<string, { metadata: { annotations: Record<string, string> } }>;
    expect(Object.keys(functions)).toEqual([
      "maskwire-interactor",
      "maskwire-everything",
      "maskwire-names",
      "maskwire-tracker",
    ]);
    for (const [name, one] of Object.entries(functions)) {
      expect(name).toMatch(/^[a-zA-Z0-9_.-]+$/);
      expect(one).toEqual({
        metadata: { name, namespace: "nuclio", annotations: expect.any(Object) },
        spec: { description: expect.any(String) },
        status: { state: "ready", httpPort: expect.any(Number) },
      });
      for (const value of Object.values(one.metadata.annotations)) expect(value).toBeTypeOf("string");
      const alone = await fetch(`${served.url}${prefix}/api/functions/${name}`, { headers: nuclio });
      expect(await alone.json()).toEqual(one);
    }
    const specOf = (name: string) => JSON.parse(functions[name]?.metadata.annotations.spec || "[]");
    expect(specOf("maskwire-everything")).toEqual([{ id: 0, name: "object", type: "mask" }]);
    expect(specOf("maskwire-names").map(({ name }: { name: string }) => name)).toEqual(["cat", "dog"]);
    expect(functions["maskwire-interactor"]?.metadata.annotations).toMatchObject({
      type: "interactor",
      version: "2",
      min_neg_points: "0",
    });
  });

  it("knows no other function", async () => {
    expect(await served.ask("cvat/api/functions/pth-sam")).toMatchObject({
      status: 404,
      body: { error: expect.stringMatching(/"pth-sam"/) },
    });
    expect((await invoke("other", clicked())).status).toBe(404);
  });
});

describe("X9 CVAT's interactor", () => {
  it("answers points with the mask's part and its inclusive bounds", async () => {
    const { body } = await invoke("maskwire-interactor", clicked({ neg_points: [[30, 5.5]] }));
    expect(body).toEqual({ mask: six, bounds: [10, 12, 15, 17] });
    expect(served.segments[0]?.prompt?.points).toMatchObject([
      { x: 10, y: 12, label: 1 },
      { x: 30, y: 5.5, label: 0 },
    ]);
  });

  it.each([null, []])("takes %j for no box", async (none) => {
    await invoke("maskwire-interactor", clicked({ obj_bbox: none }));
    expect(served.segments[0]?.prompt?.box).toBeUndefined();
  });

  it("answers a box, without any point too", async () => {
    const { body } = await invoke(
      "maskwire-interactor",
      clicked({
        pos_points: [],
        obj_bbox: [
          [3, 4],
          [20, 21],
        ],
      }),
    );
    expect(body).toMatchObject({ bounds: [3, 4, 8, 9] });
    expect(served.segments[0]?.prompt?.box).toMatchObject({ x0: 3, y0: 4, x1: 20, y1: 21 });
  });

  it("finds nothing below the threshold", async () => {
    expect(await invoke("maskwire-interactor", clicked({ threshold: 0.95 }))).toMatchObject({
      status: 404,
      body: { error: expect.stringMatching(/\.$/) },
    });
  });
});

describe("X10 CVAT's detectors", () => {
  it("find everything, as masks with their box and as polygons", async () => {
    const { body } = await invoke("maskwire-everything", { image, threshold: 0.5 });
    expect(body).toEqual([
      expect.objectContaining({
        confidence: "0.9000",
        label: "object",
        type: "mask",
        attributes: [],
        mask: [...Array(36).fill(1), 2, 3, 7, 8],
      }),
      expect.objectContaining({ mask: [...Array(36).fill(1), 20, 10, 25, 15] }),
    ]);
    const [{ points = [] } = {}] = body as { points?: number[] }[];
    expect(new Set(points.map((one, at) => `${at % 2}:${one}`))).toEqual(new Set(["0:2", "0:8", "1:3", "1:9"]));
  });

  it("find nothing below the threshold", async () => {
    expect((await invoke("maskwire-everything", { image, threshold: 0.95 })).body).toEqual([]);
  });

  it("find things by their names, with the detector's score", async () => {
    await using own = await ServedAdapters.start(
      { MASKWIRE_ADAPTERS: "cvat" },
      { detectors: [{ ...detectors[0], labels: ["cat"] }] },
    );
    const { body } = await invoke("maskwire-names", { image }, own);
    expect(own.segments.map(({ prompt }) => prompt?.text)).toEqual(["cat"]);
    expect(body).toMatchObject([{ type: "mask", label: "cat", confidence: "0.8000" }]);
  });

  it("say so where nothing knows a name", async () => {
    await using own = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "cvat" });
    expect(await invoke("maskwire-names", { image }, own)).toMatchObject({
      status: 409,
      body: { error: expect.stringMatching(/detector/) },
    });
  });
});

describe("X16 CVAT's tracker", () => {
  const frame = (number: number) => Buffer.from(`frame ${number}`).toString("base64");
  type State = {
    maskwire: 2;
    size: number[];
    shown: [string, string];
    frame: number;
    recent: [frame: number, imageId: string, counts?: string][];
  };
  type Tracked = { shapes: number[][]; states: State[] };
  /** As CVAT does: states go through JSON without spaces, and are handed on untouched. */
  const track = async (number: number, shapes: number[][], states: unknown[] = [], own = served) => {
    const { status, body } = await invoke("maskwire-tracker", { image: frame(number), shapes, states }, own);
    expect(status, JSON.stringify(body)).toBe(200);
    return body as Tracked;
  };
  const idsOf = ({ shown, recent }: State) => [shown[0], ...recent.map(([, id]) => id)];

  it("is a function of its type", async () => {
    const { body } = await served.ask("cvat/api/functions/maskwire-tracker");
    expect(body).toMatchObject({ metadata: { annotations: { type: "tracker", name: "Maskwire" } } });
  });

  it("remembers what is drawn on a frame, and finds it on those that come, several objects at once", async () => {
    const drawn = [
      [3, 4, 9, 10],
      [20, 10, 26, 16],
    ];
    let { shapes, states } = await track(1, drawn);
    expect(shapes).toEqual(drawn);
    expect(served.segments.map(({ prompt }) => prompt?.box)).toMatchObject([
      { x0: 3, y0: 4, x1: 9, y1: 10 },
      { x0: 20, y0: 10, x1: 26, y1: 16 },
    ]);
    for (let number = 2; number <= 7; number++) {
      ({ shapes, states } = await track(number, shapes, states));
      const far = number - 1;
      expect(shapes).toEqual(drawn.map(([x0 = 0, y0, x1 = 0, y1]) => [x0 + far, y0, x1 + far, y1]));
      // The frame that was drawn on, and the last three.
      expect(states.map((state) => idsOf(state).length)).toEqual(Array(2).fill(1 + Math.min(3, far)));
    }
    expect(served.tracks).toHaveLength(6);
    const { known } = served.tracks.at(-1)!;
    expect(known.map(({ everywhere, masks }) => [everywhere, masks.length])).toEqual([
      [true, 2],
      [false, 2],
      [false, 2],
      [false, 2],
    ]);
    const uploaded = served.uploads;
    expect(new Set(uploaded).size).toBe(uploaded.length);
  });

  it("begins objects without a state beside those that have one", async () => {
    const { states } = await track(11, [[3, 4, 9, 10]]);
    const both = await track(
      12,
      [
        [3, 4, 9, 10],
        [20, 10, 26, 16],
      ],
      [states[0], null],
    );
    expect(both.shapes).toEqual([
      [4, 4, 10, 10],
      [20, 10, 26, 16],
    ]);
    expect(both.states.map((state) => state.recent.length)).toEqual([1, 0]);
  });

  it("takes the corners of polygons for the rectangle around them", async () => {
    const { shapes } = await track(15, [[3, 4, 9, 5, 7, 12]]);
    expect(shapes).toEqual([[3, 4, 9, 12]]);
  });

  it("leaves an object that cannot be seen where it was, and looks for it again by what is known of it", async () => {
    let { shapes, states } = await track(21, [[33, 4, 39, 10]]);
    for (const number of [22, 23, 24]) ({ shapes, states } = await track(number, shapes, states));
    expect(shapes).toEqual([[34, 4, 40, 10]]);
    // That it was not there is remembered, with the frame.
    expect(states[0]).toMatchObject({
      frame: 3,
      recent: [
        [1, expect.any(String), expect.any(String)],
        [2, expect.any(String)],
        [3, expect.any(String)],
      ],
    });
    expect(served.tracks.at(-1)).toMatchObject({
      frame: 3,
      known: [
        { frame: 0, everywhere: true, masks: [{ rle: {} }] },
        { frame: 1, everywhere: false, masks: [{ rle: {} }] },
        { frame: 2, everywhere: false, masks: [{ state: TrackState.ABSENT }] },
      ],
    });
  });

  it("follows an object in a picture that stands still as in any other, and the same again is the same", async () => {
    const first = await track(31, [[3, 4, 9, 10]]);
    const again = await track(31, first.shapes, first.states);
    expect(again.states[0]).toMatchObject({ frame: 1, recent: [[1, first.states[0]?.shown[0], expect.any(String)]] });
    expect(await track(31, first.shapes, first.states)).toEqual(again);
  });

  it("tells a decoder of objects that were shown on different frames which frame is which", async () => {
    const first = await track(61, [[3, 4, 9, 10]]);
    const both = await track(62, [...first.shapes, [20, 10, 26, 16]], [first.states[0], null]);
    await track(63, both.shapes, both.states);
    const { frame: now, known } = served.tracks.at(-1)!;
    expect([
      now,
      known.map(({ frame, everywhere, masks }) => [frame, everywhere, masks.map(({ object }) => object)]),
    ]).toEqual([
      2,
      [
        [0, true, [0]],
        [1, true, [1]],
        [1, false, [0]],
      ],
    ]);
  });

  it("goes on without the pictures that are forgotten, and finds an object anew where none is left", async () => {
    const own = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "cvat" });
    await using _ = own;
    const first = await track(1, [[3, 4, 9, 10]], [], own);
    const second = await track(2, first.shapes, first.states, own);
    own.known.delete(idsOf(first.states[0]!)[0]!);
    const third = await track(3, second.shapes, second.states, own);
    expect(own.tracks.at(-1)?.known.map(({ everywhere }) => everywhere)).toEqual([false]);
    expect(third.shapes).toEqual([[5, 4, 11, 10]]);
    own.known.clear();
    own.segments.length = 0;
    const fourth = await track(4, third.shapes, third.states, own);
    // Around where it was.
    expect(own.segments[0]?.prompt?.box).toMatchObject({ x0: expect.closeTo(4.4), x1: expect.closeTo(11.6) });
    expect(fourth.states).toMatchObject([{ shown: [own.uploads.at(-1), expect.any(String)], recent: [] }]);
  });

  it("asks decoders for as many objects at once as they take", async () => {
    const shapes = Array.from({ length: 40 }, (_, at) => [at % 30, at % 20, (at % 30) + 6, (at % 20) + 6]);
    const first = await track(41, shapes);
    const second = await track(42, first.shapes, first.states);
    expect(second.shapes).toEqual(shapes.map(([x0 = 0, y0, x1 = 0, y1]) => [x0 + 1, y0, x1 + 1, y1]));
    const counts = served.tracks.map(({ known }) => new Set(known.flatMap(({ masks }) => masks.map((m) => m.object))));
    expect(counts.map(({ size }) => size)).toEqual([16, 16, 8]);
  });

  const id = `sha256:${"a".repeat(64)}`;
  const state = { maskwire: 2, size: [30, 40], shown: [id, "rle:0"], frame: 0, recent: [] };
  it.each<[string, unknown, RegExp]>([
    ["another tracker's", { track_id: 3 }, /^states\.0 is none/],
    ["text", "sha256", /^states\.0 is none/],
    ["one with more in it", { ...state, more: 1 }, /^states\.0 is none/],
    [
      "one of too many pictures",
      { ...state, frame: 99, recent: Array.from({ length: 32 }, (_, at) => [at + 1, id]) },
      /^states\.0 is none/,
    ],
    ["one of another form", { ...state, maskwire: 1 }, /^states\.0 is none/],
    [
      "one of frames that are not in their order",
      {
        ...state,
        frame: 9,
        recent: [
          [5, id],
          [5, id],
        ],
      },
      /^states\.0 is none/,
    ],
    ["one of a frame behind its last", { ...state, frame: 4, recent: [[5, id]] }, /^states\.0 is none/],
    ["one of a frame before its first", { ...state, frame: 4, recent: [[0, id]] }, /^states\.0 is none/],
    ["one with another id", { ...state, shown: ["../../etc", "rle:0"] }, /image_id/],
    ["one of another size", { ...state, size: [30, 41] }, /40 x 30 pixels.*41 x 30/],
    ["one of a huge size", { ...state, size: [2 ** 30, 2 ** 30] }, /40 x 30 pixels/],
  ])("X3: refuses a state that is %s", async (_name, given, sentence) => {
    const body = { image: frame(51), shapes: [[1, 1, 5, 5]], states: [given] };
    expect(await invoke("maskwire-tracker", body)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(sentence) },
    });
    expect(served.tracks).toEqual([]);
  });
});

describe("X8 CVAT's direct calls", () => {
  const portOf = async (own: ServedAdapters, name: string) => {
    const { body } = await own.ask(`cvat/api/functions/${name}`, undefined, { authorization: "Bearer user" });
    return (body as { status: { httpPort: number } }).status.httpPort;
  };
  /** As CVAT's containers do: by that name, and with no header of their own. */
  const call = (port: number, body: unknown, host = "host.docker.internal") =>
    new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
      const asked = request({
        host: "127.0.0.1",
        port,
        path: "/",
        method: "POST",
        headers: { host: `${host}:${port}`, "content-type": "application/json" },
      });
      asked.once("error", reject).once("response", async (response) => {
        let text = "";
        for await (const piece of response) text += piece;
        resolve({ status: response.statusCode, body: JSON.parse(text) });
      });
      asked.end(JSON.stringify(body));
    });

  it("are told from each other by their ports", async () => {
    const [interactor, everything] = await Promise.all([
      portOf(served, "maskwire-interactor"),
      portOf(served, "maskwire-everything"),
    ]);
    expect(await call(interactor, clicked())).toEqual({ status: 200, body: { mask: six, bounds: [10, 12, 15, 17] } });
    expect((await call(everything, { image })).body).toHaveLength(2);
    const shapes = [[3, 4, 9, 10]];
    expect((await call(await portOf(served, "maskwire-tracker"), { image, shapes })).body).toMatchObject({ shapes });
  });

  it("X1: act by the key that is set for them, and by none elsewhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cvat-"));
    writeFileSync(join(folder, "key"), "user\n");
    const access = new FakeAccess({ user: principalOf("acme") });
    const env = { MASKWIRE_ADAPTERS: "cvat", MASKWIRE_CVAT_PORTS: "0", MASKWIRE_CVAT_KEY_FILE: join(folder, "key") };
    await using own = await ServedAdapters.start(env, { access });
    expect((await call(await portOf(own, "maskwire-interactor"), clicked())).status).toBe(200);
    expect((await invoke("maskwire-interactor", clicked(), own)).status).toBe(401);
    const basic = { authorization: `Basic ${Buffer.from("cvat:user").toString("base64")}` };
    expect((await own.ask("cvat/api/functions", undefined, basic)).status).toBe(200);
    rmSync(folder, { recursive: true });
  });

  it("W1: are refused by another name", async () => {
    expect((await call(await portOf(served, "maskwire-interactor"), clicked(), "rebound.example.org")).status).toBe(
      421,
    );
  });
});

it.each([
  ["no picture", clicked({ image: undefined }), /^image: /],
  ["too many shapes", clicked({ shapes: Array(65).fill([1, 1, 2, 2]) }), /at most 64 objects/],
  ["a shape that is none", clicked({ shapes: [[1, 2, 3, 4, 5]] }), /^shapes\.0: a shape is x and y/],
  ["a picture that is empty", clicked({ image: "" }), /empty/],
  ["a point that is none", clicked({ pos_points: [[1]] }), /^pos_points\.0/],
  [
    "a box of three corners",
    clicked({
      obj_bbox: [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    }),
    /^obj_bbox/,
  ],
])("X3: CVAT is told of %s by status and sentence", async (_name, body, sentence) => {
  const { status, body: answer } = await invoke("maskwire-interactor", body);
  expect(String(status)).toMatch(/^4/);
  expect(answer).toEqual({ error: expect.stringMatching(sentence) });
});
