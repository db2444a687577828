import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findFfmpeg } from "./find-ffmpeg.js";

it("is what the variable names, else what is on the path, else a sentence with what to install", async () => {
  const folder = await mkdtemp(join(tmpdir(), "maskwire-ffmpeg-"));
  try {
    await expect(findFfmpeg({ PATH: folder })).rejects.toThrow(
      /not on the PATH\. .*(apt-get install|brew install|winget install)/,
    );
    for (const name of ["ffmpeg", "ffprobe"]) {
      await writeFile(join(folder, name), "#!/bin/sh\necho ffmpeg version 4.4.2\n");
      await chmod(join(folder, name), 0o755);
    }
    const found = {
      ffmpeg: join(folder, "ffmpeg"),
      ffprobe: join(folder, "ffprobe"),
      everyFrame: ["-vsync", "passthrough"],
    };
    expect(await findFfmpeg({ PATH: folder })).toEqual(found);
    expect(await findFfmpeg({ PATH: "", MASKWIRE_FFMPEG: join(folder, "ffmpeg") })).toEqual(found);
    const other = join(folder, "other");
    await expect(findFfmpeg({ PATH: folder, MASKWIRE_FFMPEG: other })).rejects.toThrow(/other is no program/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
