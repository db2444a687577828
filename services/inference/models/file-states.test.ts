import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { FileStates } from "./file-states.js";
import { Manifest } from "./manifest.js";

const right = "a model";
const file = {
  source: "file:model.onnx",
  bytes: right.length,
  sha256: createHash("sha256").update(right).digest("hex"),
};
let path: string;
let states: FileStates;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-states-"));
  const shipped = Manifest.read();
  path = join(folder, "model.onnx");
  states = new FileStates(new Manifest({ default: shipped.defaultId, models: shipped.entries }, folder));
  return () => rmSync(folder, { recursive: true });
});
const write = (text: string, at: number) => {
  writeFileSync(path, text);
  utimesSync(path, at, at);
};

it("tells a file that is absent, the manifest's or another, as it comes and goes", async () => {
  expect(await states.of(file)).toEqual({ kind: "absent" });
  expect(await states.of({ ...file, source: "package:no-such-package-here/x" })).toEqual({ kind: "absent" });
  write("a motel", 1);
  expect(await states.of(file)).toEqual({ kind: "wrong", reason: expect.stringContaining("has SHA-256") });
  write(`${right}s`, 2);
  expect(await states.of(file)).toEqual({ kind: "wrong", reason: expect.stringContaining("has 8 bytes") });
  write(right, 3);
  expect(await states.of(file)).toEqual({ kind: "right", path });
});

it("reads a file once for every time that it has changed", async () => {
  write(right, 1);
  await states.of(file);
  // Nobody sees that without reading it again.
  write("a motel", 1);
  expect(await states.of(file)).toEqual({ kind: "right", path });
  utimesSync(path, 2, 2);
  expect(await states.of(file)).toMatchObject({ kind: "wrong" });
  expect(await states.of({ ...file, sha256: createHash("sha256").update("a motel").digest("hex") })).toMatchObject({
    kind: "right",
  });
});
