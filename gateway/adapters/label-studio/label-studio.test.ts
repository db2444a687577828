import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeBinary } from "@thi.ng/rle-pack";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FakeAccess, principalOf } from "../../../services/runtime/testing/fake-access.js";
import { pictureSize, ServedAdapters } from "../testing/serve-adapters.js";

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, ...Buffer.from("a picture of a cat")]);
const dataUri = (content: Uint8Array = jpeg) => `data:image/jpeg;base64,${Buffer.from(content).toString("base64")}`;
const config = (control = "BrushLabels", labels = '<Label value="cat"/><Label value="dog"/>') =>
  `<View><Image name="image" value="$photo"/><${control} name="tag" toName="image">${labels}</${control}>
   <KeyPointLabels name="kp" toName="image" smart="true"/></View>`;
const click = (value: object, rest: object = {}) => ({
  id: "k3J",
  type: "keypointlabels",
  from_name: "kp",
  to_name: "image",
  original_width: pictureSize.width,
  original_height: pictureSize.height,
  is_positive: true,
  value: { width: 0.4, keypointlabels: ["dog"], ...value },
  ...rest,
});
const predict = (photo: unknown, context: object | null, labelConfig = config(), tasks = 1) => ({
  tasks: Array.from({ length: tasks }, (_, at) => ({ id: 31 + at, data: { photo }, meta: {}, annotations: [] })),
  project: "7.1716900000",
  label_config: labelConfig,
  params: { login: null, password: null, context },
});

/** Label Studio's own files, and who asked for them with what. */
let studio: Server;
let studioUrl: string;
const asked: { path: string; authorization: string | undefined; body: string }[] = [];
let accessToken = "";
let folder: string;
let served: ServedAdapters;

const jwt = (exp: number) => `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.c2ln`;

beforeAll(async () => {
  studio = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const path = request.url ?? "";
    asked.push({ path, authorization: request.headers.authorization, body });
    if (path === "/api/token/refresh") response.end(JSON.stringify({ access: accessToken }));
    else if (path.startsWith("/tasks/"))
      response.writeHead(302, { location: `http://localhost:${port()}/elsewhere.jpg` }).end();
    else if (path.startsWith("/storage-data/") && path.includes("old")) response.writeHead(404).end();
    else response.end(path.includes("text") ? "no picture at all" : jpeg);
  });
  await new Promise<void>((resolve) => void studio.listen(0, "127.0.0.1", resolve));
  const port = () => (studio.address() as AddressInfo).port;
  studioUrl = `http://127.0.0.1:${port()}`;
  folder = mkdtempSync(join(tmpdir(), "label-studio-"));
  writeFileSync(join(folder, "token"), "abc123\n");
  served = await ServedAdapters.start({
    MASKWIRE_ADAPTERS: "label-studio",
    MASKWIRE_LABEL_STUDIO_URL: studioUrl,
    MASKWIRE_LABEL_STUDIO_TOKEN_FILE: join(folder, "token"),
    MASKWIRE_PICTURE_HOSTS: "localhost",
  });
});
afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
  studio?.closeAllConnections();
  studio?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked.length = 0;
  served.segments.length = 0;
});

const ask = (path: string, body?: unknown) => served.ask(`label-studio/${path}`, body);

describe("X4 Label Studio's backend", () => {
  it.each(["", "health"])("is up: /%s", async (path) => {
    expect((await ask(path)).body).toEqual({ status: "UP", model_class: "Maskwire" });
  });

  it("says which model answers", async () => {
    const setup = {
      project: "7.1716900000",
      schema: config(),
      hostname: studioUrl,
      access_token: "told",
      extra_params: null,
    };
    expect((await ask("setup", setup)).body).toEqual({ model_version: "tiny" });
    expect((await ask("versions")).body).toEqual({ versions: ["tiny"] });
    expect((await ask("metrics")).body).toEqual({});
  });

  it.each([
    ["ANNOTATION_CREATED", 201, { result: null, status: "ok" }],
    ["START_TRAINING", 201, { result: null, status: "ok" }],
    ["SOMETHING_ELSE", 200, { status: "Unknown event" }],
  ])("takes note of %s", async (action, status, body) => {
    expect(await ask("webhook", { action, project: { id: 7 } })).toMatchObject({ status, body });
  });

  it("X5: answers a click with a brush of its label, and asks for the points in pixels", async () => {
    const { status, body } = await ask(
      "predict",
      predict(dataUri(), { result: [click({ x: 50, y: 40 }), click({ x: 25, y: 10 }, { is_positive: false })] }),
    );
    expect(status).toBe(200);
    const { results } = body as { results: { result: { value: { rle: number[] } }[] }[] };
    expect(results).toEqual([
      {
        result: [
          {
            id: expect.stringMatching(/^[\w-]{8}$/),
            from_name: "tag",
            to_name: "image",
            type: "brushlabels",
            original_width: 40,
            original_height: 30,
            image_rotation: 0,
            score: expect.closeTo(0.9),
            readonly: false,
            value: { format: "rle", rle: expect.any(Array), brushlabels: ["dog"] },
          },
        ],
        score: expect.closeTo(0.9),
        model_version: "tiny",
      },
    ]);
    const rgba = decodeBinary(Uint8Array.from(results[0]?.result[0]?.value.rle ?? []));
    expect([rgba.length, rgba.filter((one) => one > 0).length]).toEqual([4 * 40 * 30, 4 * 36]);
    expect(served.segments[0]?.prompt?.points).toMatchObject([
      { x: 20, y: 12, label: 1 },
      { x: 10, y: 3, label: 0 },
    ]);
  });

  it.each([
    [
      "PolygonLabels",
      {
        type: "polygonlabels",
        value: {
          points: [
            [75, 40],
            [75, 60],
            [60, 60],
            [60, 40],
          ].sort(),
          closed: true,
          polygonlabels: ["dog"],
        },
      },
    ],
    [
      "RectangleLabels",
      {
        type: "rectanglelabels",
        value: { x: 60, y: 40, width: 15, height: 20, rotation: 0, rectanglelabels: ["dog"] },
      },
    ],
    [
      "BitmaskLabels",
      {
        type: "bitmasklabels",
        value: { imageDataURL: "data:image/png;base64,cG5n", width: 40, height: 30, bitmasklabels: ["dog"] },
      },
    ],
  ])("X5: answers as %s holds it", async (control, expected) => {
    const { body } = await ask("predict", predict(dataUri(), { result: [click({ x: 60, y: 40 })] }, config(control)));
    const { results } = body as { results: { result: { value: { points?: number[][] } }[] }[] };
    results[0]?.result[0]?.value.points?.sort();
    expect(results[0]?.result).toMatchObject([expected]);
  });

  it("finds nothing where nothing is drawn any more", async () => {
    expect((await ask("predict", predict(dataUri(), { result: [] }))).body).toEqual({
      results: [{ result: [], score: 0, model_version: "tiny" }],
    });
  });

  it("X7: gives a whole task everything that is there, without what was retracted, and the label where there is only one", async () => {
    const { body } = await ask(
      "predict",
      predict(dataUri(), null, config("RectangleLabels", '<Label value="thing"/>')),
    );
    const { results } = body as { results: { result: object[]; score: number }[] };
    expect(results[0]?.result).toMatchObject([
      { value: { x: 5, y: 10, rectanglelabels: ["thing"] } },
      { value: { x: 50, rectanglelabels: ["thing"] } },
    ]);
    expect(results[0]?.score).toBeCloseTo(0.9);
  });

  it("X7: gives a whole task what its labels name, where something here knows them, and nothing else", async () => {
    const detectors = [{ id: "coco", ready: true, labels: ["cat"], vocabulary: "closed" }];
    await using own = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "label-studio" }, { detectors });
    const { body } = await own.ask("label-studio/predict", predict(dataUri(), null, config("RectangleLabels")));
    const { results } = body as { results: { result: object[] }[] };
    expect(results[0]?.result).toMatchObject([{ value: { rectanglelabels: ["cat"] } }]);
    expect(own.searches).toEqual([]);
  });

  it("X7: answers several tasks, each in its place", async () => {
    const { body } = await ask("predict", predict(dataUri(), null, config(), 3));
    expect((body as { results: object[] }).results).toHaveLength(3);
  });

  it("X7: gives one answer for several tasks of which one fails, so that each is asked for by itself", async () => {
    const both = predict(dataUri(), null, config(), 2);
    const { body } = await ask("predict", { ...both, tasks: [both.tasks[0], { id: 9, data: {} }] });
    expect(body).toEqual({ results: [{ result: [], score: 0, model_version: "tiny" }] });
  });

  it("X2: encodes a picture once, however often it comes", async () => {
    const before = served.uploads.length;
    const photo = dataUri(Buffer.concat([jpeg, Buffer.alloc(20_000, "x")]));
    for (let at = 0; at < 5; at++) await ask("predict", predict(photo, { result: [click({ x: 10 + at, y: 40 })] }));
    expect(served.uploads.length - before).toBe(1);
    expect(served.segments).toHaveLength(5);
  });

  it.each([
    ["no JSON", "{", 400, /no JSON/],
    ["no tasks", { label_config: config() }, 400, /^tasks: /],
    [
      "a configuration that is no XML",
      predict(dataUri(), { result: [click({ x: 1, y: 1 })] }, "<View>"),
      400,
      /no XML/,
    ],
    [
      "no control for masks",
      predict(dataUri(), { result: [click({ x: 1, y: 1 })] }, '<View><Image name="image" value="$photo"/></View>'),
      400,
      /BrushLabels/,
    ],
    [
      "a label that its control lacks",
      predict(dataUri(), { result: [click({ x: 1, y: 1, keypointlabels: ["bird"] })] }),
      400,
      /no label "bird"/,
    ],
    [
      "a task without its picture",
      predict(undefined, { result: [click({ x: 1, y: 1 })] }),
      400,
      /no picture in "photo"/,
    ],
    [
      "a picture that is none",
      predict(dataUri(Buffer.from("broken")), { result: [click({ x: 1, y: 1 })] }),
      422,
      /damaged/,
    ],
    [
      "a picture from anywhere",
      predict("http://169.254.169.254/latest", { result: [click({ x: 1, y: 1 })] }),
      403,
      /may not be fetched/,
    ],
    [
      "a brush of another size",
      predict(dataUri(), { result: [{ ...click({ rle: [0] }), type: "brushlabels", original_width: 39 }] }),
      400,
      /39 x 30/,
    ],
  ])("X3: %s is told as its page shows it", async (_name, body, status, detail) => {
    const reply = await fetch(`${served.url}/adapters/label-studio/predict`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    expect(reply.status).toBe(status);
    expect(await reply.json()).toEqual({ status, detail: expect.stringMatching(detail) });
  });
});

describe("X18 What Label Studio's page asks beside masks", () => {
  it("has a picture encoded before anybody clicks in it", async () => {
    const photo = dataUri(Buffer.from("a picture to come"));
    const context = { event: "prewarm", frame: 0, window: 20, direction: "forward" };
    const value = { status: "ok", cached: [0], pending: [], frame_count: 1 };
    for (let time = 0; time < 2; time++) {
      expect((await ask("predict", predict(photo, context))).body).toEqual({
        results: [
          {
            result: [
              { id: "prewarm_ack", from_name: "tag", to_name: "image", type: "prewarm_ack", origin: "manual", value },
            ],
            value,
            score: 0,
            model_version: "tiny",
          },
        ],
      });
    }
    const { length } = served.uploads;
    await ask("predict", predict(photo, { result: [click({ x: 50, y: 40 })] }));
    expect([served.uploads.length, served.segments.length]).toEqual([length, 1]);
  });

  it("says what can be drawn, whatever the task is", async () => {
    expect((await ask("predict", predict(null, { event: "capabilities" }))).body).toMatchObject({
      results: [
        { result: [{ type: "capabilities", value: { prompts: ["point", "box"], targets: expect.any(Array) } }] },
      ],
    });
    expect((await ask("predict", predict(null, { event: "release" }))).body).toMatchObject({
      results: [{ value: { status: "released" } }],
    });
  });

  it("takes points that come without their picture's size", async () => {
    const bare = { type: "keypointlabels", value: { x: 50, y: 40, positive: false } };
    const { status } = await ask("predict", predict(dataUri(), { event: "predict", frame: 1, result: [bare] }));
    expect(status).toBe(200);
    expect(served.segments[0]?.prompt?.points).toMatchObject([{ x: 20, y: 12, label: 0 }]);
  });

  it.each([
    ["a picture is tracked", { event: "track", frame: 1 }, config(), /"track".*page/],
    [
      "a project has videos",
      { event: "prewarm", frame: 1 },
      '<View><Video name="video" value="$photo"/><VideoRectangle name="box" toName="video"/></View>',
      /opens no video files/,
    ],
  ])("says so where %s", async (_name, context, labelConfig, detail) => {
    expect(await ask("predict", predict(dataUri(), context, labelConfig))).toMatchObject({
      status: 501,
      body: { detail: expect.stringMatching(detail) },
    });
  });
});

describe("X6 pictures of tasks", () => {
  const fetched = async (photo: string) =>
    (await ask("predict", predict(photo, { result: [click({ x: 50, y: 40 })] }))).status;

  it("are fetched once for a session's clicks, with the token", async () => {
    expect([await fetched("/data/upload/7/new.jpg"), await fetched("/data/upload/7/new.jpg")]).toEqual([200, 200]);
    expect(asked).toEqual([
      { path: "/storage-data/uploaded/?filepath=upload%2F7%2Fnew.jpg", authorization: "Token abc123", body: "" },
    ]);
  });

  it("are where older servers have them, too", async () => {
    expect(await fetched("/data/upload/7/old.jpg")).toBe(200);
    expect(asked.map(({ path }) => path)).toEqual([
      "/storage-data/uploaded/?filepath=upload%2F7%2Fold.jpg",
      "/data/upload/7/old.jpg",
    ]);
  });

  it("are had from a cloud by where the server sends us, without the token", async () => {
    expect(await fetched("s3://bucket/cat.jpg")).toBe(200);
    expect(asked).toEqual([
      { path: "/tasks/31/presign/?fileuri=czM6Ly9idWNrZXQvY2F0LmpwZw", authorization: "Token abc123", body: "" },
      { path: "/elsewhere.jpg", authorization: undefined, body: "" },
    ]);
  });

  it("are pictures", async () => {
    expect(await fetched("/data/local-files/?d=text")).toBe(415);
  });

  it("are had by what a personal token gives, until that ends", async () => {
    await using own = await ServedAdapters.start({
      MASKWIRE_ADAPTERS: "label-studio",
      MASKWIRE_LABEL_STUDIO_URL: studioUrl,
      MASKWIRE_LABEL_STUDIO_TOKEN_FILE: personalFile(),
    });
    const get = (name: string) =>
      own.ask("label-studio/predict", predict(`/data/local-files/?d=${name}`, { result: [click({ x: 50, y: 40 })] }));
    accessToken = jwt(Date.now() / 1000 + 3600);
    expect((await get("a")).status).toBe(200);
    expect((await get("b")).status).toBe(200);
    expect(asked.map(({ path, authorization }) => [path, authorization])).toEqual([
      ["/api/token/refresh", undefined],
      ["/data/local-files/?d=a", `Bearer ${accessToken}`],
      ["/data/local-files/?d=b", `Bearer ${accessToken}`],
    ]);
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ refresh: jwt(1) });
  });

  it("are had by the token that the server tells of, where none is set", async () => {
    await using own = await ServedAdapters.start({
      MASKWIRE_ADAPTERS: "label-studio",
      MASKWIRE_LABEL_STUDIO_URL: studioUrl,
    });
    const setup = (hostname: string, access_token: string) => own.ask("label-studio/setup", { hostname, access_token });
    await setup(studioUrl, "told");
    await setup("http://evil.example.org", "bad");
    await own.ask("label-studio/predict", predict("/data/local-files/?d=c", { result: [click({ x: 50, y: 40 })] }));
    expect(asked.map(({ authorization }) => authorization)).toEqual(["Token told"]);
  });

  function personalFile(): string {
    const path = join(folder, "personal");
    writeFileSync(path, jwt(1));
    return path;
  }
});

describe("X1 with keys", () => {
  it("takes one as the password of HTTP Basic, and asks for it so", async () => {
    const access = new FakeAccess({ user: principalOf("acme"), reader: principalOf("acme", ["segment"]) });
    await using own = await ServedAdapters.start({ MASKWIRE_ADAPTERS: "label-studio" }, { access });
    const as = (key: string) => ({ authorization: `Basic ${Buffer.from(`anything:${key}`).toString("base64")}` });
    const body = predict(dataUri(), { result: [click({ x: 50, y: 40 })] });
    const unknown = await own.ask("label-studio/predict", body);
    expect([unknown.status, unknown.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="maskwire"']);
    expect(unknown.body).toEqual({ status: 401, detail: expect.stringMatching(/\.$/) });
    expect((await own.ask("label-studio/health")).status).toBe(200);
    expect((await own.ask("label-studio/predict", body, as("user"))).status).toBe(200);
    expect((await own.ask("label-studio/predict", body, { authorization: "Bearer user" })).status).toBe(200);
    const fresh = predict(dataUri(Buffer.from("another")), { result: [click({ x: 50, y: 40 })] });
    expect(await own.ask("label-studio/predict", fresh, as("reader"))).toMatchObject({
      status: 403,
      body: { detail: expect.stringMatching(/"upload"/) },
    });
  });
});
