import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { DatasetObjectSchema, DatasetService, JobState } from "../../../proto/index.js";
import { noQuota, type Quota } from "../../../services/runtime/callers/quota.js";
import { Code, overloaded, ServiceError } from "../../../services/runtime/errors.js";
import type { ServiceImplementation } from "../../../services/runtime/grpc/serve.js";
import type { Host } from "../../../services/runtime/host.js";
import { FakeAccess, principalOf } from "../../../services/runtime/testing/fake-access.js";
import type { Origin } from "../../../services/runtime/tracing/origin.js";
import { type FakeServices, startServices } from "../../testing/fake-services.js";
import { serveGateway } from "../../testing/serve-gateway.js";
import { datasetRoutes } from "./routes.js";

type Methods = ServiceImplementation<typeof DatasetService>;

/** What the tier does in the present test. */
let methods: Partial<Methods> = {};
const here = <Name extends keyof Methods>(name: Name) =>
  ((...given: Parameters<Methods[Name]>) => {
    const method = methods[name] as ((...all: unknown[]) => unknown) | undefined;
    if (!method) throw new ServiceError({ code: Code.UNIMPLEMENTED, message: "Not in this test." });
    return method(...given);
  }) as Methods[Name];

/** Of stored bytes, when there are to be few. */
let bytesLeft = Number.POSITIVE_INFINITY;
const quota: Quota = {
  ...noQuota,
  tryTake: (_principal, name, amount) => {
    if (name !== "storedBytes") return 0;
    if (amount > bytesLeft) return 1000;
    bytesLeft -= amount;
    return 0;
  },
  correct: (_principal, name, amount) => {
    if (name === "storedBytes") bytesLeft -= amount;
  },
};

let tier: FakeServices;
let host: Host;
let url: string;
beforeAll(async () => {
  const all = Object.fromEntries(
    DatasetService.methods.map(({ localName }) => [localName, here(localName as keyof Methods)]),
  );
  tier = await startServices({ dataset: all as Partial<Methods> }, 0, { trustsPeers: true });
  const access = new FakeAccess({
    ann: {
      ...principalOf("acme"),
      id: "ann",
      limits: { encodesPerHour: 7 },
      tenantLimits: { encodesPerHour: 70, sessions: 9 },
    },
    clicker: principalOf("acme", ["segment"]),
  });
  host = await serveGateway({}, { access, quota, datasets: [tier.address] });
  url = `http://127.0.0.1:${host.port}/v1/datasets`;
});
afterAll(async () => {
  host.force();
  await host.stop();
  await tier[Symbol.asyncDispose]();
});
afterEach(() => {
  methods = {};
  bytesLeft = Number.POSITIVE_INFINITY;
});

const ask = (path: string, init: RequestInit = {}, who = "ann") =>
  fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${who}`, ...init.headers } });
/** Whatever it is: what is expected of it says the rest. */
type Json = Record<string, never>;
const jsonOf = async (answer: Response | Promise<Response>) => (await (await answer).json()) as Json;

async function collect(parts: AsyncIterable<{ part: { case?: string | undefined; value?: unknown } }>) {
  let header: unknown;
  const chunks: Uint8Array[] = [];
  for await (const { part } of parts) {
    if (part.case === "header") header = part.value;
    if (part.case === "chunk") chunks.push(part.value as Uint8Array);
  }
  return { header, text: Buffer.concat(chunks).toString() };
}

it("M2: every method has its route, and what is asked there reaches it", async () => {
  const elsewhere = ["AddPicture", "UploadImport", "FetchPicture", "GetThumbnail", "FetchExport", "WatchJob"];
  const named = [...datasetRoutes.map(({ rpc }) => rpc.name), ...elsewhere];
  expect(named.sort()).toEqual(DatasetService.methods.map(({ name }) => name).sort());
  for (const { method, path, rpc } of datasetRoutes) {
    const heard: unknown[] = [];
    methods = {
      [rpc.localName]: async (request: unknown) => {
        heard.push(request);
        return {};
      },
    };
    const at = path
      .replace(":dataset", "birds")
      .replace(/:(picture|object|sequence|track)/, "7")
      .replace(/:(audit|job)/, "x");
    const answer = await ask(at, { method, ...(method === "GET" || method === "DELETE" ? {} : { body: "{}" }) });
    expect([rpc.name, answer.status]).toEqual([rpc.name, 200]);
    if (path !== "") expect(heard).toMatchObject([{ dataset: "birds" }]);
    if (/:(picture|object|sequence|track)/.test(path)) expect(Object.values(heard[0] as object)).toContain(7n);
  }
});

it("M1, M2: answers are protobuf JSON, and the tier hears who asks", async () => {
  const heard: Origin[] = [];
  methods = {
    saveObjects: async ({ changes }, { origin }) => {
      heard.push(origin);
      const object = create(DatasetObjectSchema, { id: 2n ** 60n, revision: 1, attributes: { seen: "twice" } });
      return { saved: changes.map(({ key }) => ({ key, object })) };
    },
  };
  const body = JSON.stringify({ changes: [{ key: "a", delete: true, object: "1", revision: 3 }] });
  const saved = await jsonOf(ask("/birds/objects", { method: "POST", body }));
  expect(saved.saved).toMatchObject([
    { key: "a", conflict: false, object: { id: "1152921504606846976", attributes: { seen: "twice" }, label: 0 } },
  ]);
  expect(heard).toMatchObject([{ tenant: "acme", principal: "ann" }]);
});

it("L3, M2: who lacks the scope is refused, and where there is no tier it is said", async () => {
  expect((await ask("", {}, "clicker")).status).toBe(403);
  // Nothing of a body is read first.
  expect((await ask("/birds/objects", { method: "POST", body: "{" }, "clicker")).status).toBe(403);
  const bare = await serveGateway();
  try {
    const answer = await fetch(`http://127.0.0.1:${bare.port}/v1/datasets`);
    expect(answer.status).toBe(501);
    expect((await jsonOf(answer)).error).toHaveProperty("message", expect.stringContaining("MASKWIRE_DATASET_ADDRESS"));
  } finally {
    await bare.stop();
  }
});

it("H3, M2: what the tier refuses has its status, and a body or a query that is none says why", async () => {
  const cases: [Code, number][] = [
    [Code.ABORTED, 409],
    [Code.ALREADY_EXISTS, 409],
    [Code.NOT_FOUND, 404],
    [Code.FAILED_PRECONDITION, 409],
  ];
  for (const [code, status] of cases) {
    methods = { getDataset: () => Promise.reject(new ServiceError({ code, message: "No.", reason: "CONFLICT" })) };
    const answer = await ask("/birds");
    expect(answer.status).toBe(status);
    expect((await jsonOf(answer)).error).toMatchObject({ code: Code[code], reason: "CONFLICT" });
  }
  const cases400 = [
    ask("", { method: "POST", body: "{" }),
    ask("?colour=1"),
    ask("/birds/pictures/x"),
    ask("/birds/objects", { method: "POST", body: '{"changes":[{"weight":1}]}' }),
  ];
  for (const answer of await Promise.all(cases400)) expect(answer.status).toBe(400);
  const large = await ask("/birds", { method: "PATCH", body: "x".repeat(200_000) });
  expect(large.status).toBe(413);
});

it("M3: a picture comes in with its name and split, and one that is stored without its bytes", async () => {
  const heard: Awaited<ReturnType<typeof collect>>[] = [];
  methods = {
    addPicture: async (parts) => {
      heard.push(await collect(parts));
      return { id: 5n, name: "a/b.jpg" };
    },
  };
  const added = await jsonOf(ask("/birds/pictures?name=a/b.jpg&split=val", { method: "POST", body: "abc" }));
  expect(added).toMatchObject({ id: "5", name: "a/b.jpg" });
  const form = new FormData();
  form.append("file", new Blob(["in a form"]));
  await ask("/birds/pictures", { method: "POST", body: form });
  const imageId = `sha256:${"a".repeat(64)}`;
  await ask(`/birds/pictures?imageId=${imageId}`, { method: "POST" });
  expect(heard).toMatchObject([
    { header: { dataset: "birds", name: "a/b.jpg", split: "val" }, text: "abc" },
    { header: { dataset: "birds", name: "" }, text: "in a form" },
    { header: { imageId }, text: "" },
  ]);
});

it("M3, Q1: what is uploaded counts, and only what is kept", async () => {
  bytesLeft = 10;
  methods = { addPicture: () => Promise.reject(overloaded("Full.", 10)) };
  const add = (body: string) => ask("/birds/pictures", { method: "POST", body });
  expect((await add("12345678")).status).toBe(429);
  methods = { addPicture: async (parts) => ({ name: (await collect(parts)).text }) };
  expect(await jsonOf(add("12345678"))).toMatchObject({ name: "12345678" });
  const refused = await add("12345678");
  expect(refused.status).toBe(429);
  expect((await jsonOf(refused)).error).toHaveProperty("message", expect.stringContaining("storedBytes"));
});

it("M3: an archive begins a job", async () => {
  let heard: Awaited<ReturnType<typeof collect>> | undefined;
  methods = {
    uploadImport: async (parts) => {
      heard = await collect(parts);
      return { id: "j", state: JobState.WAITING };
    },
  };
  const path = "/birds/imports?fileName=a.zip&makeLabels=true&format=ANNOTATION_FORMAT_COCO&split=val&key=k";
  const job = await jsonOf(ask(path, { method: "POST", body: "zip" }));
  expect(job).toMatchObject({ id: "j", state: "JOB_STATE_WAITING" });
  expect(heard?.text).toBe("zip");
  expect(heard?.header).toMatchObject({
    dataset: "birds",
    key: "k",
    work: {
      work: { case: "import", value: { source: { value: "a.zip" }, makeLabels: true, split: "val", format: 1 } },
    },
  });
});

const content = "0123456789";
const file = {
  getPicture: async () => ({ name: 'a/ü"b.png', bytes: 10n, image: { imageId: "sha256:x" } }),
  fetchPicture: async ({ offset, length }, send) => {
    const part = content.slice(Number(offset), Number(offset) + Number(length));
    await send({ chunk: Buffer.from(part.slice(0, 3)), bytes: 10n, mediaType: "image/png", name: "b.png" });
    await send({ chunk: Buffer.from(part.slice(3)) });
  },
} satisfies Partial<Methods>;

it("M4: a picture's file comes as it was, and not again to who has it", async () => {
  methods = file;
  const whole = await ask("/birds/pictures/1/file");
  expect(await whole.text()).toBe(content);
  const { headers } = whole;
  expect(headers.get("content-type")).toBe("image/png");
  expect(headers.get("content-length")).toBe("10");
  expect(headers.get("cache-control")).toBe("private, no-cache");
  expect(headers.get("content-disposition")).toBe(`inline; filename="__b.png"; filename*=UTF-8''%C3%BC%22b.png`);
  const tag = headers.get("etag") ?? "";
  expect(tag).toBe('"sha256:x"');
  for (const known of [tag, `"other", W/${tag}`, "*"]) {
    const again = await ask("/birds/pictures/1/file", { headers: { "if-none-match": known } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  }
  const head = await ask("/birds/pictures/1/file", { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
});

it("M10: a thumbnail is kept for ever by who names the picture's digest, and asked for again by who does not", async () => {
  const asked: unknown[] = [];
  methods = {
    getThumbnail: async ({ picture, size, imageId }) => {
      asked.push([picture, size, imageId]);
      return { file: Buffer.from("small"), mediaType: "image/webp", width: 4, height: 3, imageId: "sha256:x" };
    },
  };
  const named = await ask("/birds/pictures/7/thumbnail?size=200&imageId=sha256:x");
  expect([named.status, named.headers.get("content-type"), await named.text()]).toEqual([200, "image/webp", "small"]);
  expect(named.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
  const unnamed = await ask("/birds/pictures/7/thumbnail");
  expect([unnamed.headers.get("cache-control"), unnamed.headers.get("vary")]).toEqual([
    "private, no-cache",
    "origin, authorization",
  ]);
  expect(asked).toEqual([
    [7n, 200, "sha256:x"],
    [7n, 0, ""],
  ]);
  const tag = unnamed.headers.get("etag") ?? "";
  expect(tag).toBe('"sha256:x-0"');
  expect((await ask("/birds/pictures/7/thumbnail", { headers: { "if-none-match": tag } })).status).toBe(304);
  // Another size is another file.
  expect((await ask("/birds/pictures/7/thumbnail?size=9", { headers: { "if-none-match": tag } })).status).toBe(200);
  expect((await ask("/birds/pictures/7/thumbnail?size=-1")).status).toBe(400);
});

it("M5: a part of a file comes by itself", async () => {
  methods = file;
  const part = async (headers: Record<string, string>) => {
    const answer = await ask("/birds/pictures/1/file", { headers });
    return [answer.status, answer.headers.get("content-range"), answer.status === 416 ? "" : await answer.text()];
  };
  expect(await part({ range: "bytes=2-6" })).toEqual([206, "bytes 2-6/10", "23456"]);
  expect(await part({ range: "bytes=-2" })).toEqual([206, "bytes 8-9/10", "89"]);
  expect(await part({ range: "bytes=10-" })).toEqual([416, "bytes */10", ""]);
  expect(await part({ range: "bytes=0-1,4-5" })).toEqual([200, null, content]);
  expect(await part({ range: "bytes=2-6", "if-range": '"sha256:x"' })).toEqual([206, "bytes 2-6/10", "23456"]);
  expect(await part({ range: "bytes=2-6", "if-range": '"old"' })).toEqual([200, null, content]);
});

it("M5: an export is a file to keep, once there is one", async () => {
  methods = { getJob: async () => ({ id: "j" }) };
  expect((await ask("/birds/jobs/j/file")).status).toBe(404);
  methods = {
    getJob: async () => ({ id: "j", fileName: "birds.zip", bytes: 10n }),
    fetchExport: (request, send) => file.fetchPicture(request as never, send as never),
  };
  const answer = await ask("/birds/jobs/j/file", { headers: { range: "bytes=5-" } });
  expect([answer.status, await answer.text()]).toEqual([206, "56789"]);
  expect(answer.headers.get("content-disposition")).toContain('attachment; filename="birds.zip"');
});

it("M5: a file that breaks off is no shorter file", async () => {
  methods = {
    ...file,
    fetchPicture: async (_request, send) => {
      await send({ chunk: Buffer.from("01"), bytes: 10n });
      throw new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", reason: "FILES_LOST" });
    },
  };
  await expect(ask("/birds/pictures/1/file").then((answer) => answer.text())).rejects.toThrow();
});

it("M6: a job is told of line by line until it ends, or why it cannot be", async () => {
  methods = {
    watchJob: async (_request, send) => {
      await send({ id: "j", state: JobState.RUNNING, done: 1n });
      await send({ id: "j", state: JobState.DONE, done: 2n });
    },
  };
  const linesOf = async () =>
    (await (await ask("/birds/jobs/j/watch")).text())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  expect(await linesOf()).toMatchObject([
    { id: "j", state: "JOB_STATE_RUNNING", done: "1" },
    { id: "j", state: "JOB_STATE_DONE", done: "2" },
  ]);
  methods = {
    watchJob: async (_request, send) => {
      await send({ id: "j" });
      throw new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", reason: "DATABASE_LOST" });
    },
  };
  expect((await linesOf())[1]).toMatchObject({ error: { code: "UNAVAILABLE", reason: "DATABASE_LOST" } });
  methods = { watchJob: () => Promise.reject(new ServiceError({ code: Code.NOT_FOUND, message: "No." })) };
  expect((await ask("/birds/jobs/j/watch")).status).toBe(404);
});

it("R11: a job without a key is given one, so that it may be sent again", async () => {
  const keys: string[] = [];
  methods = {
    startJob: async ({ key }) => {
      keys.push(key);
      return {};
    },
  };
  const start = (body: object) => ask("/birds/jobs", { method: "POST", body: JSON.stringify(body) });
  await start({ work: { replay: {} } });
  await start({ work: { replay: {} }, key: "mine" });
  expect(keys).toEqual([expect.stringMatching(/^[\w-]{36}$/), "mine"]);
});

it("Q1: a job counts against whoever starts it, whatever limits its request says", async () => {
  const heard: unknown[] = [];
  methods = {
    startJob: async ({ limits }) => {
      heard.push(limits);
      return {};
    },
    uploadImport: async (requests) => {
      heard.push(((await collect(requests)).header as { limits?: unknown }).limits);
      return {};
    },
  };
  const body = JSON.stringify({
    work: { automatic: {} },
    limits: { own: [{ name: "encodesPerHour", most: "999999" }] },
  });
  expect((await ask("/birds/jobs", { method: "POST", body })).status).toBe(200);
  expect((await ask("/birds/imports", { method: "POST", body: "file" })).status).toBe(200);
  const limits = {
    own: [{ name: "encodesPerHour", most: 7n }],
    tenant: [
      { name: "encodesPerHour", most: 70n },
      { name: "sessions", most: 9n },
    ],
  };
  expect(heard).toMatchObject([limits, limits]);
});
