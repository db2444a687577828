import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Manifest } from "../services/inference/models/manifest.js";
import { projectRoot } from "../services/runtime/project-root.js";
import { listModels, listText } from "./list-models.js";
import { verificationText, verifyModels } from "./verify-models.js";

let folder: string;
let manifest: Manifest;
const right = Buffer.from("right");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-models-"));
  await writeFile(join(folder, "right.onnx"), right);
  await writeFile(join(folder, "wrong.onnx"), "wrong");
  await writeFile(join(folder, "short.onnx"), "ri");
  const data = JSON.parse(await readFile(join(projectRoot, "models", "manifest.json"), "utf8"));
  const file = (source: string) => ({
    source,
    bytes: right.length,
    sha256: createHash("sha256").update(right).digest("hex"),
  });
  const model = (id: string, encoder: string, decoder: string) => ({
    ...data.models[0],
    id,
    files: { encoder: file(encoder), decoder: file(decoder) },
  });
  const models = [
    model("good", "file:right.onnx", "file:right.onnx"),
    model("bad", "file:wrong.onnx", "file:short.onnx"),
    model("gone", "file:none.onnx", "package:not-an-installed-package/x.onnx"),
  ];
  manifest = new Manifest({ default: "good", models }, folder);
});

afterAll(async () => {
  if (folder) await rm(folder, { recursive: true });
});

describe("list", () => {
  it("names every model with its files, and which are here", async () => {
    const list = await listModels(manifest);
    expect(
      list.map(({ id, default: isDefault, files }) => [id, isDefault, files.map(({ present }) => present)]),
    ).toEqual([
      ["good", true, [true, true]],
      ["bad", false, [true, true]],
      ["gone", false, [false, false]],
    ]);
    expect(list[0]?.licence).toContain("MIT");
    expect(listText(list)).toMatch(/^good {2}\(default\)\n[\s\S]*\n\nbad\n[\s\S]*missing/);
  });
});

describe("verify", () => {
  it("is content with the right files", async () => {
    const verification = await verifyModels(manifest, "good");
    expect(verification).toMatchObject({ ok: true, files: [{ part: "encoder" }, { part: "decoder" }] });
    expect(verificationText(verification)).toMatch(/^ok {6}good encoder/);
  });

  it("says what is wrong with each of the others", async () => {
    const { ok, files } = await verifyModels(manifest);
    expect(ok).toBe(false);
    expect(files.map(({ model, part, ok: fine, problem }) => [model, part, fine, problem ?? ""])).toEqual([
      ["good", "encoder", true, ""],
      ["good", "decoder", true, ""],
      ["bad", "encoder", false, expect.stringContaining("has SHA-256")],
      ["bad", "decoder", false, expect.stringContaining("has 2 bytes")],
      ["gone", "encoder", false, expect.stringContaining("is missing")],
      ["gone", "decoder", false, expect.stringContaining("not-an-installed-package is not installed")],
    ]);
  });

  it("refuses a model that the manifest does not name", async () => {
    await expect(verifyModels(manifest, "other")).rejects.toThrow(
      'There is no model "other"; there is good, bad, gone.',
    );
  });
});

it("serves what the manifest says: the installed default model is the right one", async () => {
  expect(await verifyModels(Manifest.read())).toMatchObject({ ok: true });
});
