import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderFrames } from "./folder-frames.js";

it("takes a folder's pictures by their numbers, and says what is wrong with a folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-frames-"));
  try {
    await expect(folderFrames(folder)).rejects.toThrow(/holds no pictures/);
    for (const name of ["f10.jpg", "f9.JPG", "f1.png", "notes.txt"]) writeFileSync(join(folder, name), "");
    expect((await folderFrames(folder)).map(({ name }) => name)).toEqual(["f1.png", "f9.JPG", "f10.jpg"]);
    await expect(folderFrames(join(folder, "none"))).rejects.toThrow(/there is no such folder/);
    await expect(folderFrames(join(folder, "notes.txt"))).rejects.toThrow(/it is no folder/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
