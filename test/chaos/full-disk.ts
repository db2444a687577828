import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { encodeRle } from "../../proto/index.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { DataPerson } from "./data-person.js";
import { objectsIn } from "./data-sets.js";

interface FullDiskScale {
  readonly modelEnv: Record<string, string>;
  /** Who save objects and add pictures all the time. */
  readonly people: number;
  /** How long nothing fits on the disk any more. */
  readonly fullMs: number;
}

interface FullDiskReport {
  readonly saved: number;
  readonly added: number;
  readonly refusals: number;
  readonly sentences: readonly string[];
  readonly failures: readonly string[];
}

const size = { width: 640, height: 480 };
/** A database of its own, its log of changes, and some pictures. */
const diskMiB = 400;

/** Whether it can be played here: a small file system has to be mounted. */
export const canFillDisks = process.platform === "linux" && process.getuid?.() === 0;

/**
 * People save objects and add pictures in a data set whose database and files lie on a small disk of their own, until that is full and
 * beyond; then there is room again. What they were told is saved is there, once, also after the next start, and they heard sentences.
 */
export async function playFullDisk(scale: FullDiskScale, say: (line: string) => void): Promise<FullDiskReport> {
  const disk = mkdtempSync(join(tmpdir(), "maskwire-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskMiB}m,mode=755`, "tmpfs", disk]);
  chmodSync(disk, 0o755);
  const env = { ...scale.modelEnv, MASKWIRE_DATA_DIR: join(disk, "data") };
  let maskwire = await MaskwireProcess.start(env);
  try {
    const owner = new DataPerson(maskwire.url);
    await owner.ask("POST", "/v1/datasets", { name: "full" });
    const { id: picture } = await owner.ask<{ id: string }>(
      "POST",
      "/v1/datasets/full/pictures?name=first.jpg",
      await jpegScene(size.width, size.height, 0),
    );
    const stop = new AbortController();
    const { signal } = stop;
    const people = Array.from({ length: scale.people }, () => new DataPerson(maskwire.url));
    const working = people.map((person, index) => work(person, { picture, index, signal }));
    await pause(2000);
    say("the disk is full");
    const ballast = join(disk, "ballast");
    fill(ballast, disk);
    const refusedBefore = refusalsOf(people);
    await pause(scale.fullMs);
    const refusedThen = refusalsOf(people);
    say("there is room again");
    rmSync(ballast);
    await pause(scale.fullMs / 2);
    stop.abort();
    const done = await Promise.all(working);
    const saved = done.flatMap((one) => one.saved);
    const added = done.flatMap((one) => one.added);
    const failures = people.flatMap(({ problems }) => problems);
    if (refusedThen === refusedBefore) failures.push("nobody was told that the disk is full");
    const check = async (when: string) => {
      const reader = new DataPerson(maskwire.url);
      const names = (await objectsIn(reader, "full")).flatMap(({ name }) => name ?? []);
      for (const name of saved) if (!names.includes(name)) failures.push(`${when} the object ${name} is lost`);
      if (new Set(names).size !== names.length) failures.push(`${when} an object is there twice`);
      for (const { name, id, bytes } of added) {
        const file = await fetch(`${maskwire.url}/v1/datasets/full/pictures/${id}/file`);
        if (!file.ok || (await file.arrayBuffer()).byteLength !== bytes) failures.push(`${when} ${name} is not whole`);
      }
    };
    await check("when there is room again,");
    await maskwire[Symbol.asyncDispose]();
    maskwire = await MaskwireProcess.start(env);
    await check("after the next start");
    const sentences = [...new Set(people.flatMap((one) => [...one.sentences]))].sort();
    const refusals = refusalsOf(people);
    return { saved: saved.length, added: added.length, refusals, sentences, failures: [...new Set(failures)] };
  } finally {
    await maskwire[Symbol.asyncDispose]();
    await unmount(disk);
    rmSync(disk, { recursive: true });
  }
}

/** A database of its own ends with its process, a little later. */
async function unmount(disk: string, tries = 50): Promise<void> {
  try {
    execFileSync("umount", [disk], { stdio: "ignore" });
  } catch (error) {
    if (tries === 0) throw error;
    await pause(200);
    await unmount(disk, tries - 1);
  }
}

/** What is left of the disk, to its last block. */
function fill(path: string, disk: string): void {
  const { bavail, bsize } = statfsSync(disk);
  try {
    writeFileSync(path, Buffer.alloc(bavail * bsize));
  } catch {
    // Somebody else has written meanwhile.
  }
}

const refusalsOf = (people: readonly DataPerson[]) => people.reduce((sum, { refusals }) => sum + refusals, 0);

interface Worker {
  readonly picture: string;
  readonly index: number;
  readonly signal: AbortSignal;
}

/** Every second one saves masks that fill the database, the others small ones, and every so often they add a picture. */
async function work(person: DataPerson, { picture, index, signal }: Worker) {
  const saved: string[] = [];
  const added: { name: string; id: string; bytes: number }[] = [];
  const pixels = size.width * size.height;
  for (let turn = 0; !signal.aborted; turn++) {
    const at = (index * 9973 + turn) % (pixels / 2);
    const runs = index % 2 === 0 ? Uint32Array.of(at + 1, 1, pixels - at - 2) : speckled(pixels, at);
    saved.push(await person.saveObject("full", picture, encodeRle({ ...size, runs })));
    if (index % 2 === 0 && turn % 10 === 0) {
      const name = `${index}-${turn}.jpg`;
      const file = await jpegScene(size.width, size.height, 1 + index * 1000 + turn);
      const { id } = await person.ask<{ id: string }>("POST", `/v1/datasets/full/pictures?name=${name}`, file);
      added.push({ name, id, bytes: file.byteLength });
    }
    await pause(20);
  }
  return { saved, added };
}

/** Nothing makes it smaller. */
function speckled(pixels: number, seed: number): Uint32Array {
  const runs: number[] = [];
  let random = seed + 1;
  for (let left = pixels; left > 0; ) {
    random = (random * 48_271) % 2_147_483_647;
    const run = Math.min(left, 1 + (random % 7));
    runs.push(run);
    left -= run;
  }
  return Uint32Array.from(runs);
}
