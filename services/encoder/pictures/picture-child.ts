import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { sharedBytes } from "../../runtime/shared-bytes.js";
import { yieldCores } from "../../runtime/yield-cores.js";
import { type Confinement, confinedCommand } from "./confinement.js";
import { bytesOf, type FileParts } from "./file-parts.js";
import { FrameReader, frameParts } from "./frames.js";
import { MemoryFile } from "./memory-file.js";
import {
  type CutRequest,
  type FromProcess,
  mostMadeBytes,
  type ReadRequest,
  type ToProcess,
} from "./picture-protocol.js";
import { residentBytes } from "./resident-memory.js";

/** The numbers of the files in memory in the process, for pixels and for pictures: the first after its standard ones. */
const inherited = ["3", "4"];
/** A picture's file comes in memory from here on: less goes through a pipe at once. */
const leastInMemory = 64 * 1024;
/** And no larger: for a while its bytes are there once more. */
const mostInMemory = 16 * 1024 * 1024;
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
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  /** Where pictures' files are laid; undefined where there is no such file. */
  readonly #pictures: MemoryFile | undefined;

  /** @throws Error when the system has nothing left to start a process with. */
  constructor(
    confinement: Confinement,
    { decodeBytes, yields }: ChildOptions,
    { onMessage, onNonsense, onEnd }: ChildEvents,
  ) {
    const entry = fileURLToPath(new URL("./picture-process.js", import.meta.url));
    const { file, args } = confinedCommand(entry, confinement, { decodeBytes, fileBytes: mostMadeBytes });
    const pixels = MemoryFile.open();
    const pictures = pixels && MemoryFile.open();
    const files = [pixels, pictures].flatMap((one) => one ?? []);
    // Nothing is inherited: no variables, no folder, no descriptors but the two pipes and places for pixels and for a picture's file.
    let child: ChildProcessByStdio<Writable, Readable, null>;
    try {
      child = spawn(file, [...args, ...inherited.slice(0, files.length)], {
        env: {},
        cwd: "/",
        stdio: ["pipe", "pipe", "ignore", ...files.map(({ descriptor }) => descriptor)],
      }) as typeof child;
      // With all descriptors open Node leaves it half made.
      if (!child.stdin as boolean) {
        child.on("error", () => {});
        throw new Error("a picture process could not start: no descriptors are left");
      }
    } catch (error) {
      for (const one of files) one.close();
      throw error;
    }
    this.#child = child;
    this.#pictures = pictures;
    // Before it has threads: those have the priority of who starts them.
    if (yields && child.pid !== undefined) yieldCores(child.pid);
    // What is written to one that is gone fails there; its end says so, too.
    child.stdin.on("error", () => {});
    const frames = new FrameReader<FromProcess>(
      ({ message, body }) => {
        // It has read its picture's file, or will not any more.
        if (message.kind === "cost" || message.kind === "failed") void pictures?.empty().catch(() => {});
        if (message.kind !== "done" || message.inFile === undefined) return onMessage(message, body);
        if (!pixels || message.inFile > mostMadeBytes) return onNonsense();
        pixels.read(message.inFile).then((data) => onMessage(message, data), onNonsense);
      },
      mostMadeBytes,
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
      for (const one of files) one.close();
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

  decode(): void {
    this.#send({ kind: "decode" });
  }

  /** Asks for a picture once its file is laid in memory, where it can be. */
  read(request: ReadRequest | CutRequest, file: FileParts): void {
    const bytes = bytesOf(file);
    const through = () => this.#send({ kind: "read", ...request }, file);
    if (!this.#pictures || bytes < leastInMemory || bytes > mostInMemory) return through();
    this.#pictures.write(file).then(() => this.#send({ kind: "read", ...request, inFile: bytes }), through);
  }

  #send(message: ToProcess, file?: FileParts): void {
    for (const part of frameParts(message, file)) this.#child.stdin.write(part);
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
    child.stdin.destroy();
    const hung = setTimeout(() => this.kill(), closeMs);
    await ended;
    clearTimeout(hung);
  }
}
