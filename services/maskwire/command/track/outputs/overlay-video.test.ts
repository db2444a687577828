import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeOverlay } from "./overlay-video.js";

/** What takes frames for ffmpeg: it keeps its arguments, and writes what comes into its last one's file. */
const writer = `#!/bin/sh
echo "$@" > "$0.arguments"
for last; do :; done
exec cat > "\${last#file:}"
`;
let folder: string;
let ffmpeg: string;
let films: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-overlay-"));
  ffmpeg = join(folder, "ffmpeg");
  await writeFile(ffmpeg, writer);
  await chmod(ffmpeg, 0o755);
  films = await mkdtemp(join(folder, "films-"));
});
afterEach(() => rm(folder, { recursive: true }));

const options = { width: 1, height: 1, fps: 25 };
async function* frames() {
  yield Buffer.from("rgb");
}

describe.skipIf(process.platform === "win32")("a video that is being written", () => {
  it("goes by a name that no link can wait at, and has its own when it is whole", async () => {
    const mine = join(folder, "mine.txt");
    await writeFile(mine, "mine");
    await symlink(mine, join(films, ".ride.part.mp4"));
    const names: string[] = [];
    for (const path of [join(films, "ride.mp4"), join(films, "ride.mp4")]) {
      await writeOverlay({ ffmpeg }, path, frames(), options);
      const written = (await readFile(`${ffmpeg}.arguments`, "utf8")).trim().split(" ");
      names.push(written.at(-1) ?? "");
      // Not even a name that is guessed is written over.
      expect(written).toContain("-n");
      expect(written).not.toContain("-y");
    }
    expect(new Set(names).size).toBe(2);
    expect(await readFile(join(films, "ride.mp4"), "utf8")).toBe("rgb");
    expect(await readFile(mine, "utf8")).toBe("mine");
    expect((await lstat(join(films, ".ride.part.mp4"))).isSymbolicLink()).toBe(true);
    expect((await readdir(films)).sort()).toEqual([".ride.part.mp4", "ride.mp4"]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("leaves nothing behind at %s", async (signal) => {
    const script = `
      import { readdirSync } from "node:fs";
      import { writeOverlay } from ${JSON.stringify(new URL("./overlay-video.js", import.meta.url).href)};
      const [ffmpeg, films] = process.argv.slice(1);
      async function* frames() {
        while (readdirSync(films).length === 0) {
          yield Buffer.from("rgb");
          await new Promise(setImmediate);
        }
        console.log(readdirSync(films)[0]);
        await new Promise((done) => setInterval(done, 2 ** 30));
      }
      await writeOverlay({ ffmpeg }, films + "/ride.mp4", frames(), ${JSON.stringify(options)});
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, ffmpeg, films], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    const [name] = await Promise.race([once(child.stdout, "data"), closed]);
    expect(String(name)).toMatch(/^\.ride\..*\.part\.mp4\n$/);
    child.kill(signal);
    expect(await closed).toEqual([null, signal]);
    expect(await readdir(films)).toEqual([]);
  });
});
