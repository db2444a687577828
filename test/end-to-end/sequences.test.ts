import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  DatasetService,
  FrameMasksSchema,
  type TrackEvent,
  TrackEventSchema,
  TrackPromptSchema,
  TrackState,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { commandLine } from "../support/command-line.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/* Videos in data sets, over HTTP, over gRPC and from the command line, at one Maskwire with a database of its own. */

const [width, height] = [320, 240];
const count = 4;
let folder: string;
let maskwire: Maskwire;
let url: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-sequences-"));
  // Root's database runs as somebody else, who has to get there.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "frames"));
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_DATA_DIR: join(folder, "data") });
  url = `${maskwire.url}/v1/datasets`;
  for (let frame = 0; frame < count; frame++) {
    writeFileSync(join(folder, "frames", `${frame}.jpg`), await jpegScene(width, height, frame));
  }
});
afterAll(async () => {
  await maskwire.stop();
  rmSync(folder, { recursive: true });
});

// biome-ignore lint/suspicious/noExplicitAny: what is expected of an answer says what it is.
type Json = Record<string, any>;
const ask = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(`${url}${path}`, init);
  return { status: answer.status, body: (await answer.json()) as Json };
};
const send = (path: string, body: object, method = "POST") => ask(path, { method, body: JSON.stringify(body) });

/** What `POST /v1/track` tells of pictures. */
async function track(imageIds: string[], prompts: object[]): Promise<TrackEvent[]> {
  const answer = await fetch(`${maskwire.url}/v1/track`, {
    method: "POST",
    body: JSON.stringify({ imageIds, prompts }),
    headers: { "content-type": "application/json" },
  });
  const lines = (await answer.text()).trim().split("\n");
  return lines.map((line) => fromJson(TrackEventSchema, JSON.parse(line) as JsonValue));
}

it("M11, M12, M13: a video is put together, followed, kept and labelled over HTTP", async () => {
  await send("", { name: "streets", labels: [{ name: "disc" }, { name: "ball" }] });
  const pictures: { id: string; image: { imageId: string } }[] = [];
  for (let frame = 0; frame < count; frame++) {
    const body = await jpegScene(width, height, frame);
    const added = await ask(`/streets/pictures?name=a/${frame}.jpg`, { method: "POST", body: body as never });
    pictures.push(added.body as never);
    // What is followed is what the service has stored.
    await fetch(`${maskwire.url}/v1/images`, { method: "POST", body: body as never });
  }
  const ids = pictures.map(({ id }) => id);
  const made = await send("/streets/sequences", { name: "a", frameRate: 25, split: "val", pictures: ids.slice(0, 3) });
  expect(made).toMatchObject({ status: 200, body: { name: "a", frames: 3, split: "val", firstPicture: ids[0] } });
  const sequence = made.body.id as string;
  expect(await send(`/streets/sequences/${sequence}/frames`, { pictures: ids.slice(3) })).toMatchObject({
    body: { frames: count },
  });
  const listed = await ask(`/streets/pictures?filter.sequence=${sequence}`);
  expect(listed.body.pictures.map((one: Json) => [one.frame, one.name, one.split])).toEqual(
    ids.map((_, frame) => [frame, `a/${frame}.jpg`, "val"]),
  );
  expect(await send("/streets/sequences", { name: "b", pictures: [ids[1], ids[1]] })).toMatchObject({ status: 400 });
  expect(await send("/streets/sequences", { name: "b", pictures: [ids[1]] })).toMatchObject({
    status: 409,
    body: { error: { code: "FAILED_PRECONDITION" } },
  });

  const prompt = { frame: 0, object: 1, prompt: { points: [clickOn("disc", width, height)] } };
  const events = await track(
    pictures.map(({ image }) => image.imageId),
    [prompt],
  );
  const frames = events.flatMap(({ event }) => (event.case === "frame" ? [toJson(FrameMasksSchema, event.value)] : []));
  const kept = { objects: [{ object: 1, name: "the disc", label: 1 }], frames, prompts: [prompt], model: "" };
  const saved = await send(`/streets/sequences/${sequence}/masks`, kept);
  expect(saved).toMatchObject({ status: 200, body: { tracks: [{ name: "the disc", label: 1, first: 0 }] } });
  expect(saved.body.made).toBe(saved.body.tracks[0].frames);
  expect(saved.body.made).toBeGreaterThan(0);
  expect(await send(`/streets/sequences/${sequence}/masks`, kept)).toMatchObject({
    body: { made: 0, replaced: 0, gone: 0, left: 0 },
  });
  const [first] = (await ask(`/streets/objects?pictures=${ids[0]}`)).body.objects;
  expect(first).toMatchObject({
    state: "OBJECT_STATE_TO_REVIEW",
    label: 1,
    track: saved.body.tracks[0].id,
    provenance: { trackState: "TRACK_STATE_CORRECTED", prompts: [{ prompt: { points: [{}] } }] },
  });
  const renamed = await send(`/streets/tracks/${first.track}`, { revision: 1, label: 2 }, "PATCH");
  expect(renamed).toMatchObject({ status: 200, body: { label: 2, revision: 2 } });
  expect(await ask("/streets/statistics")).toMatchObject({ body: { sequences: 1, frames: count, tracks: 1 } });
  expect(await ask(`/streets/sequences/${sequence}`)).toMatchObject({ body: { tracks: 1 } });
});

it("M11, M13: the same over gRPC", async () => {
  const rpc = new RpcClient(new URL(maskwire.url).host);
  const { method } = DatasetService;
  try {
    const dataset = (await rpc.unary(method.createDataset, { name: "over grpc" }, {})).id;
    const { pictures } = await rpc.unary(method.listPictures, { dataset: "streets" }, {});
    const chosen = pictures.slice(0, 2).map(({ image }) => image?.imageId ?? "");
    const ids: bigint[] = [];
    for (const imageId of chosen) {
      const adding = rpc.clientStream(method.addPicture, {});
      await adding.send({ part: { case: "header", value: { dataset, imageId } } });
      adding.end();
      ids.push((await adding.response).id);
    }
    const sequence = await rpc.unary(method.createSequence, { dataset, name: "b", pictures: ids, numbers: [3, 9] }, {});
    expect(sequence).toMatchObject({ frames: 2, firstPicture: ids[0] });
    const frame = create(FrameMasksSchema, { frame: 9, objects: [{ object: 4, state: TrackState.ABSENT }] });
    const prompts = [create(TrackPromptSchema, { frame: 3, object: 4, prompt: { points: [{ x: 1, y: 1 }] } })];
    const objects = [{ object: 4, name: "nothing" }];
    const saved = await rpc.unary(
      method.saveTracks,
      { dataset, sequence: sequence.id, objects, frames: [frame], prompts },
      {},
    );
    expect(saved).toMatchObject({ made: 0, same: 1, tracks: [{ name: "nothing", frames: 0 }] });
    const wrong = { dataset, sequence: sequence.id, objects, frames: [{ ...frame, frame: 4 }] };
    await expect(rpc.unary(method.saveTracks, wrong, {})).rejects.toMatchObject({ message: '"b" has no frame 4.' });
  } finally {
    rpc.close();
  }
});

const cli = (...args: string[]) => commandLine(args, { cwd: folder, env: { MASKWIRE_URL: maskwire.url } });

it("M11, M13: from the command line frames are added, followed and kept once, however often it is said", async () => {
  await cli("dataset", "create", "clips", "--label", "disc");
  const add = (...more: string[]) =>
    cli("dataset", "add", "clips", "frames", "--sequence", "ride", "--every", "2", ...more);
  expect(await add("--split", "val")).toMatchObject({ code: 0, stdout: "ride: 2 frames\n" });
  expect(await add()).toMatchObject({ code: 0, stdout: "ride: 2 frames, of which 2 were there already\n" });
  const { x, y } = clickOn("disc", width, height);
  const track = () =>
    cli("track", "frames", "--point", `${x},${y}`, "--dataset", "clips", "--label", "disc", "--split", "train");
  const first = await track();
  const where = 'sequence frames, track "object 1"';
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining(` masks kept in clips, ${where}\n`) });
  expect((await track()).stdout).toContain(`: 0 masks kept in clips, ${where} (4 there already)\n`);
  const { sequences } = JSON.parse((await cli("dataset", "sequences", "clips", "--json")).stdout);
  expect(sequences).toMatchObject([
    { name: "frames", frames: count, tracks: 1, split: "train" },
    { name: "ride", frames: 2, tracks: 0, split: "val" },
  ]);
  const places = await ask(`/clips/pictures?filter.sequence=${sequences[1].id}`);
  expect(places.body.pictures.map((one: Json) => [one.frame, one.name])).toEqual([
    [0, "ride/0.jpg"],
    [2, "ride/2.jpg"],
  ]);
  const states = ["PROPOSED", "TO_REVIEW"].map((state) => `OBJECT_STATE_${state}`);
  const job = await send("/clips/jobs", { work: { export: { format: "ANNOTATION_FORMAT_YOUTUBE_VIS", states } } });
  const fetched = await cli("dataset", "job", "clips", job.body.id, "--wait");
  expect(fetched.code).toBe(0);
  const out = ["--format", "youtube-vis", "--job", job.body.id as string, "--out", "clips.zip"];
  expect((await cli("dataset", "export", "clips", ...out)).code).toBe(0);
  const files = unzipSync(readFileSync(join(folder, "clips.zip")));
  const { videos, annotations } = JSON.parse(Buffer.from(files["train/instances.json"] as Uint8Array).toString());
  expect(videos).toMatchObject([{ name: "frames", length: count }]);
  expect(annotations).toMatchObject([{ name: "object 1", video_id: videos[0].id }]);
  expect(annotations[0].segmentations).toHaveLength(count);

  expect(await cli("track", "frames", "--point", "1,1")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Say where the masks go: --out, a folder, or --dataset"),
  });
  expect(await cli("track", "frames", "--point", "1,1", "--dataset", "clips", "--label", "ball")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('The data set has no label "ball"'),
  });
  expect(await cli("dataset", "add", "clips", "frames", "--every", "2")).toMatchObject({ code: 2 });
  expect(await cli("dataset", "add", "clips", "frames", "frames", "--sequence")).toMatchObject({ code: 2 });
});

it("M13: what is tracked next in a video is a track of its own with its own label, or goes on with the one that is named", async () => {
  await cli("dataset", "create", "twice", "--label", "disc", "--label", "plate");
  const tracks = async () => {
    const [sequence] = (await ask("/twice/sequences")).body.sequences;
    const { body } = await ask(`/twice/sequences/${sequence.id}/tracks`);
    return body.tracks.map(({ name, label = 0, frames }: Json) => [name, label, frames]);
  };
  const track = (at: "disc" | "plate", ...more: string[]) => {
    const { x, y } = clickOn(at, width, height);
    return cli("track", "frames", "--point", `${x},${y}`, "--dataset", "twice", ...more);
  };
  await track("disc", "--label", "disc");
  const [disc] = await tracks();
  expect(disc).toEqual(["object 1", 1, count]);
  expect((await track("plate", "--label", "plate")).stdout).toContain('sequence frames, track "object 2"\n');
  const both = await tracks();
  expect(both).toEqual([disc, ["object 2", 2, expect.any(Number)]]);
  const other = expect.stringContaining('"object 2" of frames has the label "plate": leave out --label');
  expect(await track("plate", "--label", "disc")).toMatchObject({ code: 2, stderr: other });
  expect(await tracks()).toEqual(both);

  const list = [
    { object: 4, frame: 1, prompt: { points: [clickOn("plate", width, height)] } },
    { object: 7, frame: 1, prompt: { points: [clickOn("disc", width, height)] } },
  ];
  writeFileSync(join(folder, "prompts.json"), JSON.stringify(list));
  const names = ["--track", "object 2", "--track", "the disc"];
  const named = await cli("track", "frames", "--objects", "prompts.json", "--dataset", "twice", ...names);
  expect(named.stdout).toContain('tracks "object 2", "the disc"');
  expect((await tracks()).map(([name, label]: [string, number]) => [name, label])).toEqual([
    ["object 1", 1],
    ["object 2", 2],
    ["the disc", 0],
  ]);
});
