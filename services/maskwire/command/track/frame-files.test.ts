import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { frameFiles } from "./frame-files.js";

it("takes a folder's pictures by their numbers, and says what is wrong with a folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-frames-"));
  try {
    await expect(frameFiles(folder)).rejects.toThrow(/holds no pictures/);
    for (const name of ["f10.jpg", "f9.JPG", "f1.png", "notes.txt"]) writeFileSync(join(folder, name), "");
    expect((await frameFiles(folder)).map(({ name }) => name)).toEqual(["f1.png", "f9.JPG", "f10.jpg"]);
    await expect(frameFiles(join(folder, "none"))).rejects.toThrow(/there is no such folder/);
    await expect(frameFiles(join(folder, "notes.txt"))).rejects.toThrow(/it is no folder/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
