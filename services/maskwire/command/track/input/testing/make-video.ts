import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findFfmpeg } from "../video/find-ffmpeg.js";

/** Of this machine; undefined where there is none, which `test/run/set-up.ts` says and mends. */
export const ffmpeg = await findFfmpeg(process.env).catch(() => undefined);

/** A clock that moves: 32 x 24 pixels, 10 frames a second for a second. @param args ffmpeg's, between the source and the file */
export async function makeVideo(path: string, args: readonly string[] = []): Promise<void> {
  const source = ["-f", "lavfi", "-i", "testsrc=size=32x24:rate=10:duration=1"];
  await run([...source, ...args, path]);
}

/** One video made of another. */
export const remakeVideo = (from: string, to: string, args: readonly string[]) => run(["-i", from, ...args, to]);

const run = (args: readonly string[]) =>
  promisify(execFile)(ffmpeg?.ffmpeg ?? "ffmpeg", ["-hide_banner", "-nostdin", "-loglevel", "error", "-y", ...args]);
