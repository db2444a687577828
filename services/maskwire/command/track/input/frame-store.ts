import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, usageError } from "../../command-error.js";
import { fileProblem } from "../../photo-files.js";
import { onEnding } from "../on-ending.js";
import type { FrameFile } from "./frame-list.js";
import { minFreeBytes } from "./limits.js";

/** The disk is asked for what it has left once in so many frames. */
const frameInterval = 16;

/** A folder that decoded frames are written to, as DAVIS numbers them: they are never in memory together. */
export class FrameStore implements AsyncDisposable {
  readonly frames: FrameFile[] = [];
  readonly #folder: string;
  readonly #isKept: boolean;
  readonly #callOff: () => void;

  private constructor(folder: string, isKept: boolean) {
    this.#folder = folder;
    this.#isKept = isKept;
    // Whoever ends the command by hand leaves no frames behind.
    this.#callOff = isKept ? () => {} : onEnding(() => rmSync(folder, { recursive: true, force: true }));
  }

  /** @param keep a folder that is empty, or not there yet, and stays. @throws CommandError with the reason. */
  static async open(keep: string | undefined): Promise<FrameStore> {
    if (keep === undefined) return new FrameStore(await mkdtemp(join(tmpdir(), "maskwire-frames-")), false);
    try {
      await mkdir(keep, { recursive: true });
      if ((await readdir(keep)).length > 0) {
        throw usageError(`--keep-frames ${keep} has files already: name an empty folder.`);
      }
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError(`--keep-frames ${keep} cannot be written: ${fileProblem(error)}.`, 1, error);
    }
    return new FrameStore(keep, true);
  }

  /** Adds the next frame. @throws CommandError where the disk has too little left. */
  async add(bytes: Uint8Array, ending: "jpg" | "png", timeMs?: number): Promise<void> {
    const at = this.frames.length;
    if (at % frameInterval === 0) await this.#checkDisk();
    const name = `${String(at).padStart(5, "0")}.${ending}`;
    const path = join(this.#folder, name);
    await writeFile(path, bytes).catch((error: unknown) => {
      throw new CommandError(`${path} cannot be written: ${fileProblem(error)}.`, 1, error);
    });
    const read = async () =>
      readFile(path).catch((error: unknown) => {
        throw new CommandError(`${path} cannot be read: ${fileProblem(error)}.`, 1, error);
      });
    this.frames.push({ name, read, ...(timeMs === undefined ? {} : { timeMs }) });
  }

  /** Times that are known only when all is decoded. */
  setTimes(times: readonly (number | undefined)[]): void {
    for (const [at, frame] of this.frames.entries()) {
      const timeMs = times[at];
      if (timeMs !== undefined) this.frames[at] = { ...frame, timeMs };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isKept) return;
    this.#callOff();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #checkDisk(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize >= minFreeBytes) return;
    const way = this.#isKept ? "name another folder" : "name a folder on a larger disk by --keep-frames or TMPDIR";
    throw new CommandError(`The disk of ${this.#folder} has too little left for the video's frames: ${way}.`);
  }
}
