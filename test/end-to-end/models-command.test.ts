import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Manifest } from "../../services/inference/models/manifest.js";
import { startConnectProxy } from "../../services/inference/pull/testing/connect-proxy.js";
import { FileServer } from "../../services/inference/pull/testing/file-server.js";
import { fileOf, filesIn, madeBytes } from "../../services/inference/pull/testing/made-file.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Child } from "../support/child.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

const bytes = madeBytes(1_000_000);
let files: FileServer;
let proxy: Awaited<ReturnType<typeof startConnectProxy>>;
let folder: string;
let place: string;

beforeAll(async () => {
  [files, proxy] = await Promise.all([FileServer.start(), startConnectProxy()]);
  folder = mkdtempSync(join(tmpdir(), "maskwire-models-command-"));
  const [entry] = Manifest.read().entries;
  const encoder = fileOf(files.serve("/mine/encoder.onnx", bytes), bytes);
  const mine = { ...entry, id: "mine", licence: "LicenseRef-Mine", files: { ...entry?.files, encoder } };
  writeFileSync(join(folder, "own.json"), JSON.stringify({ models: [mine] }));
  place = `${encoder.sha256.slice(0, 16)}/encoder.onnx`;
});
afterAll(async () => {
  await files?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
  if (folder) rmSync(folder, { recursive: true });
});

const cli = join(projectRoot, "dist", "models", "cli.js");

function start(...args: string[]): Child {
  const env = {
    PATH: process.env.PATH ?? "",
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: files.authority.cert,
    MASKWIRE_MODELS_FILE: join(folder, "own.json"),
    MASKWIRE_MODELS_DIR: join(folder, "pulled"),
    MASKWIRE_MODEL_CACHE_DIR: join(folder, "cache"),
  };
  return new Child(process.execPath, [cli, ...args], { env });
}
async function models(...args: string[]) {
  await using running = start(...args);
  return await running.ended;
}
const partBytes = () => filesIn(join(folder, "pulled"))[`${place}.part`] ?? 0;

describe("npm run models -- doctor", () => {
  it("runs a model from its files to its masks, and says that those of discs for tests are no masks of anything", async () => {
    await using running = new Child(process.execPath, [cli, "doctor", tinyModelId, "--quick"], {
      env: { PATH: process.env.PATH ?? "", ...tinyModelEnv(), MASKWIRE_MODEL_CACHE_DIR: join(folder, "cache") },
    });
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(
      /^tiny: something is wrong\n {2}wrong {2}\d+ of 24 pictures have a wrong mask; of \d+ x \d+ in orientation \d/,
    );
    expect(stdout).toMatch(/tiny runs on cpu\.[\s\S]*The encoder is served as it was exported, because/);
    expect(code).toBe(1);
  });
});

describe("npm run models", () => {
  it("asks for consent, is killed in the middle, holds off a second one, goes on through the proxy, and removes it all", async () => {
    const refused = await models("pull", "mine");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--accept-licence")]);
    expect(files.ranges).toEqual([]);

    files.serve("/mine/encoder.onnx", bytes, { stalls: 400_000 });
    await using killed = start("pull", "mine", "--accept-licence");
    await expect.poll(partBytes).toBe(400_000);
    const second = await models("pull", "mine", "--accept-licence", "--json");
    expect(JSON.parse(second.stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({
      error: { message: expect.stringContaining(`is being fetched by process ${killed.pid}`) },
    });
    process.kill(killed.pid, "SIGKILL");
    await killed.ended;
    expect((await models("list")).stdout).toMatch(/encoder +https:\S+ +1\.0 MB {2}0\.4 MB fetched/);

    files.serve("/mine/encoder.onnx", bytes);
    const pulled = await models("pull", "mine", "--accept-licence", "--json");
    expect(JSON.parse(pulled.stdout)).toEqual({
      models: [{ model: "mine", fetched: [expect.stringContaining("/mine/encoder.onnx")] }],
    });
    expect(pulled.stderr).toMatch(/encoder\.onnx {2}█+ {2}100 % {2}1\.0 MB of 1\.0 MB/);
    expect(files.ranges.at(-1)).toBe("bytes=400000-");
    expect(new Set(proxy.asked)).toEqual(new Set([`localhost:${files.port}`]));
    expect(filesIn(join(folder, "pulled"))).toEqual({ [place]: bytes.length });
    expect(readFileSync(join(folder, "pulled", place)).equals(bytes)).toBe(true);

    const verified = await models("verify", "mine", "--json");
    expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([0, { ok: true }]);
    const removed = await models("remove", "mine");
    expect(removed.stdout).toMatch(/^mine: removed\n {2}https:\S+\/mine\/encoder\.onnx {2}1\.0 MB\n$/);
    expect(filesIn(join(folder, "pulled"))).toEqual({});
  });
});
