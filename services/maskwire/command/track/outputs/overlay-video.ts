import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { CommandError, usageError } from "../../command-error.js";
import type { Ffmpeg } from "../input/video/find-ffmpeg.js";
import { onEnding } from "../on-ending.js";
import type { Size } from "./tracked-frames.js";

/** What a video may be called: the container that ffmpeg chooses by it. */
const containers = [".mp4", ".m4v", ".mov", ".mkv", ".webm"];
/** Of pictures whose times nobody knows. */
const defaultFps = 25;
/** ffmpeg has to take a frame within this. */
const frameMs = 60_000;

/** @throws CommandError (bad usage) for a name that is no video's. */
export function checkVideoName(path: string): void {
  if (containers.includes(extname(path).toLowerCase())) return;
  throw usageError(`--out ${path} is no video's name; it ends with ${containers.join(", ")}.`);
}

/** Frames a second of what is shown at these times, their mean; each is as long as the others then. */
export function rateOf(timesMs: readonly (number | undefined)[]): number {
  const [first, last] = [timesMs[0], timesMs.at(-1)];
  if (first === undefined || last === undefined || last <= first) return defaultFps;
  return Math.min(1000, (1000 * (timesMs.length - 1)) / (last - first));
}

interface OverlayOptions extends Size {
  readonly fps: number;
}

/**
 * Writes frames into a video as they come, and gives it its name when all are in it.
 * @param frames interleaved RGB. @throws CommandError with ffmpeg's reason.
 */
export async function writeOverlay(
  { ffmpeg }: Pick<Ffmpeg, "ffmpeg">,
  path: string,
  frames: AsyncIterable<Uint8Array>,
  { width, height, fps }: OverlayOptions,
): Promise<void> {
  const end = extname(path);
  // A name that nobody can put a link in the place of beforehand; ffmpeg writes over nothing.
  const part = join(dirname(path), `.${basename(path, end)}.${randomUUID()}.part${end}`);
  const args = [
    ["-hide_banner", "-loglevel", "error", "-n"],
    [
      "-f",
      "rawvideo",
      "-pix_fmt",
      "rgb24",
      "-video_size",
      `${width}x${height}`,
      "-framerate",
      fps.toFixed(4),
      "-i",
      "pipe:0",
    ],
    // Players want sides that are even.
    ["-an", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p"],
    [`file:${part}`],
  ].flat();
  const child = spawn(ffmpeg, args, { stdio: ["pipe", "ignore", "pipe"], windowsHide: true });
  const callOff = onEnding(() => {
    child.kill("SIGKILL");
    rmSync(part, { force: true });
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-2000);
  });
  // What it does not take its end tells.
  child.stdin.on("error", () => {});
  const closed = once(child, "close").then(([status]) => status as number | null);
  closed.catch(() => {});
  const ended = closed.then(() => "ended" as const);
  ended.catch(() => {});
  try {
    for await (const frame of frames) {
      if (child.stdin.write(frame)) continue;
      const timeout = AbortSignal.timeout(frameMs);
      const drained = once(child.stdin, "drain", { signal: timeout }).then(() => "drained" as const);
      drained.catch(() => {});
      const what = await Promise.race([drained, ended]).catch(() => "late" as const);
      if (what === "late") throw new CommandError(`${path} cannot be written: ffmpeg took no frame for a minute.`);
      if (what === "ended") break;
    }
    child.stdin.end();
    const status = await closed.catch((error: Error) => {
      log = error.message;
      return 1;
    });
    if (status !== 0) {
      throw new CommandError(`${path} cannot be written: ${log.trim().split("\n").at(-1) || "ffmpeg ended early"}.`);
    }
    await rename(part, path);
  } finally {
    child.kill("SIGKILL");
    await closed.catch(() => {});
    await rm(part, { force: true });
    callOff();
  }
}
