import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sharedBytes } from "../../runtime/shared-bytes.js";
import { yieldCores } from "../../runtime/yield-cores.js";
import { type Confinement, confinedCommand } from "./confinement.js";
import type { FileParts } from "./file-parts.js";
import { FrameReader, frameParts } from "./frames.js";
import type { FromProcess, ToProcess } from "./picture-protocol.js";
import { residentBytes } from "./resident-memory.js";

/** In 1024 x 1024 pixels of four bytes, and then some. */
const mostPixelBytes = 64 * 1024 * 1024;
const closeMs = 2000;

interface ChildOptions {
  decodeBytes: number;
  /** It gives way to all else on its cores. */
  yields?: boolean;
}

interface ChildEvents {
  onMessage(message: FromProcess, body: Uint8Array): void;
  /** It does not speak our language any more. */
  onNonsense(): void;
  /** It is gone. @param error why, when it could not be started. */
  onEnd(end: { signal: NodeJS.Signals | null; error: Error }): void;
}

/** A process that reads pictures, and the frames to and from it. */
export class PictureChild {
  readonly #child: ChildProcess;

  constructor(
    confinement: Confinement,
    { decodeBytes, yields }: ChildOptions,
    { onMessage, onNonsense, onEnd }: ChildEvents,
  ) {
    const entry = fileURLToPath(new URL("./picture-process.js", import.meta.url));
    const { file, args } = confinedCommand(entry, confinement, decodeBytes);
    // Nothing is inherited: no variables, no folder, no descriptors but the two pipes.
    const child = spawn(file, args, { env: {}, cwd: "/", stdio: ["pipe", "pipe", "ignore"] });
    this.#child = child;
    // Before it has threads: those have the priority of who starts them.
    if (yields && child.pid !== undefined) yieldCores(child.pid);
    // What is written to one that is gone fails there; its end says so, too.
    child.stdin.on("error", () => {});
    const frames = new FrameReader<FromProcess>(
      ({ message, body }) => onMessage(message, body),
      mostPixelBytes,
      (bytes) => Buffer.from(sharedBytes(bytes).buffer),
    );
    child.stdout.on("data", (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch {
        onNonsense();
      }
    });
    let failure: Error | undefined;
    child.on("error", (error) => {
      failure = error;
    });
    child.on("close", (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      onEnd({ signal, error: failure ?? new Error(`a picture process could not start: it ended with ${how}`) });
    });
  }

  /** undefined for one that could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** 0 where the system does not tell. */
  get residentBytes(): number {
    return (this.pid === undefined ? undefined : residentBytes(this.pid)) ?? 0;
  }

  /** It has been told to end at once. */
  get isKilled(): boolean {
    return this.#child.killed;
  }

  send(message: ToProcess, file?: FileParts): void {
    for (const part of frameParts(message, file)) this.#child.stdin?.write(part);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Resolves when it is gone: by itself, or killed when it hangs. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    // With its standard input it ends itself.
    child.stdin?.destroy();
    const hung = setTimeout(() => this.kill(), closeMs);
    await ended;
    clearTimeout(hung);
  }
}
