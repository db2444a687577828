import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { CommandError } from "../../../command-error.js";
import { maxFramePixels } from "../limits.js";
import { confined, maxAllocation } from "./confined.js";
import type { Ffmpeg } from "./find-ffmpeg.js";
import { FrameTimes } from "./frame-times.js";
import { reasonIn, type VideoFacts } from "./probe-video.js";

interface VideoOptions {
  readonly fps?: number | undefined;
  /** No more frames than these. */
  readonly most: number;
}

/** A frame has to come within this, however large it is. */
const frameMs = 60_000;
const errorLines = 20;

/** Interleaved RGB of upright frames, one after the other and none ahead of its reader; how many there will be nobody knows. */
export class VideoReader implements AsyncDisposable {
  readonly times = new FrameTimes();
  readonly #path: string;
  readonly #bytes: number;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<number | null>;
  readonly #log: string[] = [];

  constructor({ ffmpeg, everyFrame }: Ffmpeg, path: string, facts: VideoFacts, { fps, most }: VideoOptions) {
    const { width, height, index } = facts;
    this.#path = path;
    this.#bytes = width * height * 3;
    // ffmpeg turns frames upright by itself; the scale makes their pixels square, and all of one size where that changes.
    const filters = [
      ...(fps === undefined ? [] : [`fps=${fps}`]),
      "showinfo",
      `scale=${width}:${height}:flags=bicubic+accurate_rnd+full_chroma_int`,
      "setsar=1",
    ].join(",");
    const args = [
      ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info", ...maxAllocation],
      ["-max_pixels", String(maxFramePixels), ...confined(path)],
      ["-map", `0:${index}`, "-an", "-sn", "-dn", "-vf", filters],
      [...(fps === undefined ? everyFrame : []), "-frames:v", String(most)],
      ["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ].flat();
    this.#child = spawn(ffmpeg, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    this.#closed = new Promise((resolve, reject) => {
      this.#child.once("close", resolve);
      this.#child.once("error", reject);
    });
    this.#closed.catch(() => {});
    createInterface({ input: this.#child.stderr, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) =>
      this.#onLine(line),
    );
  }

  /** @throws CommandError with the reason. */
  async *frames(): AsyncGenerator<Uint8Array> {
    const chunks = this.#child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let frame = Buffer.allocUnsafe(this.#bytes);
    let filled = 0;
    for (;;) {
      const { done, value } = await this.#inTime(chunks.next());
      if (done) break;
      let at = 0;
      while (at < value.length) {
        const taken = value.copy(frame, filled, at);
        filled += taken;
        at += taken;
        if (filled < this.#bytes) continue;
        yield frame;
        frame = Buffer.allocUnsafe(this.#bytes);
        filled = 0;
      }
    }
    const status = await this.#inTime(this.#closed);
    if (status !== 0) throw new CommandError(`${this.#path} cannot be decoded: ${reasonIn(this.#log.join("\n"))}.`);
  }

  /** Ends it, whatever it is at. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    this.#child.stdout.destroy();
    await this.#closed.catch(() => undefined);
  }

  #onLine(line: string): void {
    if (this.times.read(line)) return;
    if (!/\[(error|fatal|panic)\]/.test(line)) return;
    this.#log.push(line.slice(0, 1000));
    if (this.#log.length > errorLines) this.#log.shift();
  }

  async #inTime<Result>(work: Promise<Result>): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new CommandError(`${this.#path} cannot be decoded: ffmpeg gave no frame for a minute.`)),
        frameMs,
      );
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
