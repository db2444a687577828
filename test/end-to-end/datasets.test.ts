import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bitmapToRle, DatasetService, decodeRle, encodeRle, JobState, type Rle, rleIou } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Child } from "../support/child.js";
import { commandLine } from "../support/command-line.js";
import { jpegScene } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/* Data sets over HTTP, over gRPC and from the command line, at one Maskwire with a database of its own. */

const [width, height] = [320, 240];
let folder: string;
let maskwire: Maskwire;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-datasets-"));
  // Root's database runs as somebody else, who has to get there.
  chmodSync(folder, 0o755);
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_DATA_DIR: join(folder, "data") });
  url = `${maskwire.url}/v1/datasets`;
  mkdirSync(join(folder, "photos", "more"), { recursive: true });
  for (const [seed, name] of ["one.jpg", "two.jpg", "more/three.jpg"].entries()) {
    writeFileSync(join(folder, "photos", name), await jpegScene(width, height, seed));
  }
  writeFileSync(join(folder, "photos", "notes.md"), "not a picture");
});
afterAll(async () => {
  await maskwire.stop();
  rmSync(folder, { recursive: true });
});

interface Annotation {
  image_id: number;
  category_id: number;
  segmentation: Pick<Rle, "size" | "counts">;
}

// biome-ignore lint/suspicious/noExplicitAny: what is expected of an answer says what it is.
type Json = Record<string, any>;
const ask = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(`${url}${path}`, init);
  return { status: answer.status, body: (await answer.json()) as Json };
};
const post = (path: string, body: object, method = "POST") => ask(path, { method, body: JSON.stringify(body) });

const cli = (...args: string[]) =>
  commandLine(["dataset", ...args], { cwd: folder, env: { MASKWIRE_URL: maskwire.url } });

/** What an export job has made, by its files' names. */
const filesIn = (archive: string) =>
  Object.fromEntries(
    Object.entries(unzipSync(readFileSync(join(folder, archive)))).map(([name, bytes]) => [name, Buffer.from(bytes)]),
  );
const cocoIn = (archive: string) => {
  const [, text] = Object.entries(filesIn(archive)).find(([name]) => name.endsWith(".json")) ?? [];
  return JSON.parse(String(text)) as {
    images: { id: number; file_name: string }[];
    annotations: Annotation[];
    categories: { id: number; name: string }[];
  };
};

/** A mask of a rectangle, as a record of COCO's. */
function rectangle(x0: number, y0: number, x1: number, y1: number): Pick<Rle, "size" | "counts"> {
  const bitmap = new Uint8Array(width * height);
  for (let y = y0; y < y1; y++) bitmap.fill(1, y * width + x0, y * width + x1);
  return encodeRle(bitmapToRle(bitmap, width, height));
}
const iou = (a: Pick<Rle, "size" | "counts">, b: Pick<Rle, "size" | "counts">) => rleIou(decodeRle(a), decodeRle(b));

it("M2, M3, M4, M8, M10: a data set is made, filled and looked at over HTTP, and of two who change it one wins", async () => {
  const made = await post("", { name: "by hand", labels: [{ name: "disc", hotKey: "d" }], person: "ann" });
  expect(made).toMatchObject({ status: 200, body: { name: "by hand", createdBy: "ann", revision: 1 } });
  expect(await post("", { name: "by hand" })).toMatchObject({
    status: 409,
    body: { error: { code: "ALREADY_EXISTS" } },
  });
  const file = readFileSync(join(folder, "photos", "one.jpg"));
  const add = (name: string, body: Uint8Array | string) =>
    ask(`/by%20hand/pictures?name=${name}&split=val&attributes[weather]=rain&person=ann`, {
      method: "POST",
      body: body as Uint8Array<ArrayBuffer>,
    });
  const added = await add("a/one.jpg", file);
  expect(added).toMatchObject({
    status: 200,
    body: { name: "a/one.jpg", split: "val", attributes: { weather: "rain" }, image: { width, height } },
  });
  // The same under the same name changes nothing; what is no picture is refused as elsewhere.
  expect((await add("a/one.jpg", file)).body.id).toBe(added.body.id);
  expect((await add("b.jpg", "not a picture")).status).toBe(415);
  expect((await add("c.jpg", file.subarray(0, 3000))).status).toBe(422);
  const answer = await fetch(`${url}/by%20hand/pictures/${added.body.id}/file`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(file)).toBe(true);
  expect(answer.headers.get("content-type")).toBe("image/jpeg");
  const thumbnail = await fetch(`${url}/by%20hand/pictures/${added.body.id}/thumbnail?size=100`);
  const small = sharp(Buffer.from(await thumbnail.arrayBuffer()));
  expect(await small.metadata()).toMatchObject({ format: "webp", width: 128, height: 96 });
  const [of, shown] = await Promise.all(
    [sharp(file).resize(128, 96), small].map((one) => one.removeAlpha().raw().toBuffer()),
  );
  const difference = [...(of ?? [])].reduce((sum, value, at) => sum + Math.abs(value - (shown?.[at] ?? 0)), 0);
  expect(difference / (128 * 96 * 3)).toBeLessThan(8);
  const other = await ask(`/by%20hand/pictures/${added.body.id}/thumbnail?imageId=sha256:0`);
  expect(other).toMatchObject({ status: 404, body: { error: { code: "NOT_FOUND" } } });

  const rle = rectangle(10, 10, 100, 100);
  const create = {
    picture: added.body.id,
    rle,
    label: 1,
    state: "OBJECT_STATE_TO_REVIEW",
    provenance: { gear: "GEAR_ASSISTED", seconds: 4 },
  };
  const saved = await post("/by%20hand/objects", { changes: [{ key: "k1", create }], person: "ann" });
  const [one] = saved.body.saved as { object: { id: string; revision: number; area: number } }[];
  expect(one?.object).toMatchObject({ revision: 1, area: 8100, provenance: { person: "ann" } });
  const patch = (key: string, person: string) =>
    post("/by%20hand/objects", {
      changes: [
        {
          key,
          object: one?.object.id,
          revision: 1,
          patch: { rle: rectangle(10, 10, 100, 90), provenance: { seconds: 2 } },
        },
      ],
      person,
    });
  const both = await Promise.all([patch("k2", "ann"), patch("k3", "ben")]);
  const outcomes = both.flatMap(({ body }) => body.saved as { conflict: boolean; object: { revision: number } }[]);
  expect(outcomes.map(({ conflict }) => conflict).sort()).toEqual([false, true]);
  for (const { object } of outcomes) expect(object.revision).toBe(2);

  const waiting = await ask("/by%20hand/reviews/next?person=ben&count=5");
  expect(waiting.body.objects).toHaveLength(1);
  const verdicts = [{ key: "v", object: one?.object.id, revision: 2, accept: false, reason: "It misses the edge." }];
  await post("/by%20hand/reviews", { verdicts, person: "ben" });
  const history = await ask(`/by%20hand/objects/${one?.object.id}/revisions`);
  expect(history.body.revisions).toMatchObject([
    { state: "OBJECT_STATE_REJECTED", reason: "It misses the edge." },
    { revision: 2 },
    { revision: 1, state: "OBJECT_STATE_TO_REVIEW" },
  ]);
  expect((await ask("/by%20hand/statistics")).body).toMatchObject({
    pictures: 1,
    objects: 1,
    masksByPeople: expect.any(Number),
  });
});

it("the same over gRPC, where a picture comes in chunks", async () => {
  const client = new RpcClient(new URL(maskwire.url).host);
  const { method } = DatasetService;
  try {
    const set = await client.unary(method.createDataset, { name: "over gRPC", person: "ann" });
    expect(set.createdBy).toBe("ann");
    const upload = client.clientStream(method.addPicture);
    await upload.send({ part: { case: "header", value: { dataset: set.id, name: "two.jpg" } } });
    const file = readFileSync(join(folder, "photos", "two.jpg"));
    for (let at = 0; at < file.byteLength; at += 4096) {
      await upload.send({ part: { case: "chunk", value: file.subarray(at, at + 4096) } });
    }
    upload.end();
    const picture = await upload.response;
    const chunks: Uint8Array[] = [];
    for await (const { chunk } of client.serverStream(method.fetchPicture, {
      dataset: set.id,
      picture: picture.id,
      offset: 100n,
      length: 50n,
    })) {
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(file.subarray(100, 150))).toBe(true);
    const many = { dataset: set.id, pictures: Array.from({ length: 501 }, () => 1n) };
    await expect(client.unary(method.listObjects, many)).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: "`pictures` has more than 500 entries.",
    });
    const work = { work: { case: "automatic", value: { settings: { pointsPerSide: 2 } } } } as const;
    const job = await client.unary(method.startJob, { dataset: set.id, work, key: "once" });
    expect((await client.unary(method.startJob, { dataset: set.id, work, key: "once" })).id).toBe(job.id);
    const states: JobState[] = [];
    for await (const { state } of client.serverStream(method.watchJob, { dataset: set.id, job: job.id }))
      states.push(state);
    expect(states.at(-1)).toBe(JobState.DONE);
    await client.unary(method.deleteDataset, { dataset: set.id, name: "over gRPC" });
    await expect(client.unary(method.getDataset, { dataset: set.id })).rejects.toMatchObject({ code: Code.NOT_FOUND });
  } finally {
    client.close();
  }
});

describe("maskwire dataset", () => {
  it("imports pictures with COCO's masks, has one fixed, and exports what an independent look finds the same", async () => {
    const truth = [rectangle(20, 20, 120, 120), rectangle(200, 50, 300, 150), rectangle(5, 5, 60, 200)];
    const annotations = truth.map((segmentation, at) => ({
      id: at + 1,
      image_id: at === 2 ? 2 : 1,
      category_id: 7,
      segmentation,
      iscrowd: 0,
      area: 1,
      bbox: [0, 0, 1, 1],
    }));
    const images = ["one.jpg", "two.jpg"].map((file_name, at) => ({ id: at + 1, file_name, width, height }));
    const source = join(folder, "source");
    mkdirSync(join(source, "images"), { recursive: true });
    for (const { file_name } of images) {
      writeFileSync(join(source, "images", file_name), readFileSync(join(folder, "photos", file_name)));
    }
    const broken = { ...annotations[0], id: 9, image_id: 77 };
    const coco = { images, annotations: [...annotations, broken], categories: [{ id: 7, name: "bird" }] };
    writeFileSync(join(source, "instances.json"), JSON.stringify(coco));

    expect(await cli("create", "story", "--label", "sky")).toMatchObject({ code: 0, stderr: "" });
    const imported = await cli("import", "story", "source", "--format", "coco", "--make-labels", "--json");
    // A bad line is told of, and the rest is there.
    expect(imported.code).toBe(1);
    const job = JSON.parse(imported.stdout) as { id: string; state: string };
    expect(job.state).toBe("JOB_STATE_DONE_WITH_PROBLEMS");
    const problems = await cli("job", "story", job.id, "--problems");
    expect(problems.stdout).toMatch(/instances\.json.*: .+/);
    const shown = JSON.parse((await cli("show", "story", "--json")).stdout);
    expect(shown).toMatchObject({ pictures: 2, objects: 3 });
    // A second time nothing doubles.
    await cli("import", "story", "source", "--format", "coco");
    expect(JSON.parse((await cli("show", "story", "--json")).stdout)).toMatchObject({ pictures: 2, objects: 3 });

    const automatic = {
      work: { automatic: { settings: { pointsPerSide: 2, predIouThresh: 0, stabilityScoreThresh: 0 }, label: 1 } },
    };
    const { body: begun } = await post("/story/jobs", automatic);
    const waited = await cli("job", "story", String(begun.id), "--wait", "--json");
    expect(JSON.parse(waited.stdout)).toMatchObject({ state: "JOB_STATE_DONE", done: "2" });

    const { body } = await ask("/story/objects?labels=2&pageSize=10");
    const [first] = body.objects as { id: string; revision: number }[];
    const fixed = rectangle(20, 20, 110, 120);
    const change = {
      key: "fix",
      object: first?.id,
      revision: first?.revision,
      patch: { rle: fixed, state: "OBJECT_STATE_ACCEPTED", provenance: { gear: "GEAR_ASSISTED", seconds: 3 } },
    };
    expect((await post("/story/objects", { changes: [change] })).body.saved).toMatchObject([
      { conflict: false, problem: "" },
    ]);

    expect(await cli("export", "story", "--format", "coco", "--label", "bird", "--out", "story.zip")).toMatchObject({
      code: 0,
    });
    const exported = cocoIn("story.zip");
    expect(exported.images.map(({ file_name }) => file_name).sort()).toEqual(
      expect.arrayContaining([expect.stringContaining("one.jpg")]),
    );
    expect(exported.annotations).toHaveLength(3);
    const best = truth.map((mask) =>
      Math.max(...exported.annotations.map(({ segmentation }) => iou(segmentation, mask))),
    );
    process.stdout.write(`IoU with the ground truth, one fixed: ${best.map((one) => one.toFixed(3)).join(", ")}\n`);
    expect(best[0]).toBeCloseTo(0.9, 5);
    expect(best.slice(1)).toEqual([1, 1]);

    expect(await cli("export", "story", "--format", "sa1b", "--out", "sa1b.zip", "--pictures")).toMatchObject({
      code: 0,
    });
    const files = filesIn("sa1b.zip");
    const records = Object.entries(files).filter(([name]) => name.endsWith(".json"));
    expect(records).toHaveLength(2);
    expect(Object.keys(files).filter((name) => name.endsWith(".jpg"))).toHaveLength(2);
    for (const [, text] of records) expect(JSON.parse(String(text)).image.image_id).toEqual(expect.any(Number));
  });

  it("goes on where it was broken off, says what it cannot do, and deletes only what is named twice", async () => {
    await cli("create", "short");
    const added = await cli("add", "short", "photos", "--split", "train");
    expect(added).toMatchObject({ code: 0, stdout: "added 3 pictures\n" });
    expect((await cli("add", "short", "photos")).stdout).toBe("added 0 pictures; 3 were there already\n");
    const refused = await cli("add", "short", "photos/notes.md", "--json");
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ added: 0, failed: 1 });
    expect(await cli("show", "nowhere", "--json")).toMatchObject({ code: 1, stdout: "" });
    expect((await cli("delete", "short")).code).toBe(2);
    expect(await cli("delete", "short", "--confirm", "short")).toMatchObject({ code: 0, stdout: "deleted short\n" });
    expect((await cli("list")).stdout).not.toContain("short");
  });
});

it("the way from a folder to a COCO file in README and in the documentation is one", async () => {
  const [page = "", chapter] = ["README.md", "web-client/docs/datasets.md"].map((path) =>
    readFileSync(join(projectRoot, path), "utf8"),
  );
  const commands = [...page.matchAll(/^(npm run -s maskwire -- dataset .*)$/gm)].map(([, line = ""]) => line);
  expect(commands).toHaveLength(5);
  expect(chapter).toContain(commands.join("\n"));
  const program = `${process.execPath} ${join(projectRoot, "dist", "services", "maskwire", "cli.js")}`;
  const script = commands.map((line) => line.replace("npm run -s maskwire --", program)).join("\n");
  const env = { PATH: process.env.PATH ?? "", MASKWIRE_URL: maskwire.url };
  // One picture: a thousand points are asked of each.
  const cwd = join(folder, "guide");
  mkdirSync(join(cwd, "photos"), { recursive: true });
  writeFileSync(join(cwd, "photos", "one.jpg"), await jpegScene(160, 120));
  const { code, stderr } = await new Child("bash", ["-ec", script], { cwd, env }).ended;
  expect({ code, stderr: stderr.replaceAll(/^maskwire: (job|wrote) .*\n/gm, "") }).toEqual({ code: 0, stderr: "" });
  expect(cocoIn("guide/birds.zip").images).toHaveLength(1);
});
