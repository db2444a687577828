import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeAccess, principalOf } from "../../services/runtime/testing/fake-access.js";
import { ServedAdapters } from "./testing/serve-adapters.js";

let folder: string;
let served: ServedAdapters;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-audit-"));
  const access = new FakeAccess({ user: principalOf("acme") });
  const env = { MASKWIRE_ADAPTERS: "x-anylabeling,samapi" };
  served = await ServedAdapters.start(env, { access, audit: join(folder, "audit.jsonl") });
});
afterEach(() => rmSync(folder, { recursive: true }));

const headers = { authorization: "Bearer user" };
const fileOf = (name: string) => Buffer.from(name.padEnd(24, ".")).toString("base64");
const videoOf = (names: string[]) => ({
  model: "maskwire_video_tiny",
  frames: names.map((name) => `data:image/jpeg;base64,${fileOf(name)}`),
});
const click = { frame_index: 0, points: [[0.25, 0.4]], point_labels: [1], obj_id: 1 };

async function data(path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await served.ask(`x-anylabeling/v1/video/${path}`, body, headers);
  expect(answer).toMatchObject({ status: 200 });
  return (answer.body as { data: Record<string, unknown> }).data;
}

/** Follows a video in a task, which nobody waits for. @returns what became of it. */
async function followed(names: string[]): Promise<unknown> {
  const { session_id } = await data("init", videoOf(names));
  await data("prompt", { session_id, ...click });
  const { task_id } = await data("propagate", { session_id });
  for (;;) {
    const { status } = await data(`status/${task_id}`);
    if (status !== "processing") return status;
  }
}

/** Lines of uploads, once all are written. */
async function uploads(): Promise<Record<string, unknown>[]> {
  await served[Symbol.asyncDispose]();
  const lines = readFileSync(join(folder, "audit.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ action }) => action === "upload");
}
const shortOf = (imageId: string) => imageId.slice(0, "sha256:".length + 16);

it("J2: each frame that a task has sent has its line, whoever waits for it", async () => {
  expect(await followed(["a", "b", "c", "d"])).toBe("completed");
  const sent = served.uploads.map(shortOf);
  expect(sent).toHaveLength(4);
  const lines = await uploads();
  expect(lines.map(({ object }) => object)).toEqual(sent);
  const who = { tenant: "acme", principal: expect.any(String), address: "127.0.0.1", request: expect.any(String) };
  for (const line of lines) expect(line).toMatchObject({ ...who, outcome: "done" });
});

it("J2: a frame that could not be taken has its line too, behind the answer", async () => {
  expect(await followed(["a", "broken"])).toBe("failed");
  const lines = await uploads();
  expect(lines.map(({ outcome, code }) => [outcome, code])).toEqual([
    ["done", undefined],
    ["failed", "INVALID_ARGUMENT"],
  ]);
});

it("J2: one that a tool's question brought has one line, and the next question about it none", async () => {
  const ask = () =>
    served
      .ask("samapi/sam/", { type: "sam", b64img: fileOf("e"), bbox: [1, 1, 9, 9] }, headers)
      .then(({ status }) => status);
  expect([await ask(), await ask()]).toEqual([200, 200]);
  expect((await uploads()).map(({ object, outcome }) => [object, outcome])).toEqual([
    [shortOf(served.uploads[0] ?? ""), "done"],
  ]);
});
