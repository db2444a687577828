import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bitmapToRle, encodeRle } from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import { noLimits, openPicture } from "../images/open-picture.js";
import { fitPixels } from "../images/preprocess.js";
import { pictureProcess } from "./picture-memory.js";
import { PictureProcesses, type PictureProcessesOptions } from "./picture-processes.js";
import type { ReadRequest } from "./picture-protocol.js";
import type { Loss } from "./picture-slot.js";
import { interlacedPng } from "./testing/interlaced-png.js";

const MiB = 1024 * 1024;
const rules = { size: 64, resize: "letterbox" } as const;
const request: ReadRequest = { limits: { maxImageBytes: 64 * MiB, maxImagePixels: 1e8 }, rules };
const noise = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: "#000", noise: { type: "gaussian", mean: 128, sigma: 50 } },
  });
/** Held in memory as a whole: 4 bytes a pixel. */
const interlaced = interlacedPng(8000);

/** One that has ended and that nobody has asked about yet is not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

const countsOf = (runs: Uint32Array) => encodeRle({ width: 90, height: 40, runs }).counts;

let open: PictureProcesses | undefined;
afterEach(() => open?.close());

async function start(options: Partial<PictureProcessesOptions> = {}) {
  const losses: Loss[] = [];
  const onLost = (loss: Loss) => void losses.push(loss);
  open = await PictureProcesses.start({ count: 1, decodeBytes: 512 * MiB, pictureMs: 60_000, onLost, ...options });
  return { pictures: open, losses };
}

describe("a picture process", () => {
  it("reads what this process would read, one picture after another", async () => {
    const { pictures } = await start();
    // Short files go through a pipe, long ones through memory, a shorter one after a longer one too.
    for (const [width, orientation] of [
      [90, 1],
      [900, 6],
      [600, 1],
      [90, 6],
    ] as const) {
      const file = await noise(width, 400).withMetadata({ orientation }).jpeg().toBuffer();
      const here = await openPicture(file, noLimits);
      const found = await pictures.read([file.subarray(0, 1000), file.subarray(1000)], request);
      expect(found).toMatchObject({ width: here.width, height: here.height, reading: here.reading });
      const pixels = await fitPixels(here, rules);
      expect(found.pixels).toMatchObject({ width: pixels.width, height: pixels.height, channels: 3 });
      expect(Buffer.from(found.pixels.data).equals(Buffer.from(pixels.data))).toBe(true);
    }
  });

  it("H26: cuts out what is within a mask, upright, and nothing of what is around it", async () => {
    const { pictures } = await start();
    for (const [width, orientation] of [
      [90, 1],
      [900, 6],
    ] as const) {
      const file = await noise(width, 400).withMetadata({ orientation }).jpeg().toBuffer();
      const here = await openPicture(file, noLimits);
      const upright = await here.pixels();
      // A triangle, whose box begins at (7, 11).
      const bitmap = new Uint8Array(here.width * here.height);
      const isInside = (x: number, y: number) => x >= 7 && y >= 11 && x - 7 + (y - 11) < 30;
      for (let at = 0; at < bitmap.length; at++) {
        bitmap[at] = isInside(at % here.width, Math.floor(at / here.width)) ? 1 : 0;
      }
      const { counts } = encodeRle(bitmapToRle(bitmap, here.width, here.height));
      const mask = { width: here.width, height: here.height, counts };
      const png = await pictures.cutOut([file.subarray(0, 1000), file.subarray(1000)], { ...request, ...mask });
      const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 30, height: 30, channels: 4 });
      for (const [x, y] of [
        [0, 0],
        [29, 0],
        [12, 17],
        [20, 20],
        [29, 29],
      ] as const) {
        const at = 3 * ((y + 11) * here.width + x + 7);
        const expected = x + y < 30 ? [...upright.data.subarray(at, at + 3), 255] : [0, 0, 0, 0];
        expect([...data.subarray(4 * (30 * y + x)).subarray(0, 4)]).toEqual(expected);
      }
    }
  });

  it("H26: cuts out while the model has no place for those that wait before it, and takes none of theirs", async () => {
    let hasRoom = false;
    const { pictures } = await start({ mayBegin: () => hasRoom });
    const file = await noise(90, 40).png().toBuffer();
    const mask = { width: 90, height: 40, counts: countsOf(Uint32Array.of(0, 3600)) };
    const [person, batch] = [true, false].map((urgent) => pictures.read([file], request, { urgent }));
    const cutting = pictures.cutOut([file], { ...request, ...mask });
    expect([pictures.waiting, pictures.reading]).toEqual([2, 0]);
    expect((await sharp(await cutting).metadata()).width).toBe(90);
    expect(pictures.waiting).toBe(2);
    hasRoom = true;
    pictures.resume();
    expect(pictures.reading).toBe(1);
    expect(await person).toMatchObject({ width: 90 });
    expect(await batch).toMatchObject({ width: 90 });
  });

  it.each([
    [
      "is of another size",
      { width: 40, height: 90, counts: "5" },
      /^The mask is of 40 x 90 pixels, the picture of 90 x 40\.$/,
    ],
    ["is empty", { width: 90, height: 40, counts: countsOf(Uint32Array.of(3600)) }, /^The mask is empty/],
    ["does not fill the picture", { width: 90, height: 40, counts: "5" }, /^The mask's runs sum to 5 pixels/],
    ["has no runs", { width: 90, height: 40, counts: "~" }, /^The mask's counts hold a character/],
  ])("H26: refuses a mask that %s", async (_name, mask, sentence) => {
    const { pictures } = await start();
    const file = await noise(90, 40).png().toBuffer();
    const refused = { code: Code.INVALID_ARGUMENT, message: expect.stringMatching(sentence) };
    await expect(pictures.cutOut([file], { ...request, ...mask })).rejects.toMatchObject(refused);
  });

  it("H26: refuses to cut out what takes more memory than decoding may", async () => {
    const { pictures } = await start();
    const file = await noise(1000, 1000).jpeg().toBuffer();
    const whole = {
      width: 1000,
      height: 1000,
      counts: encodeRle({ width: 1000, height: 1000, runs: Uint32Array.of(0, 1e6) }).counts,
    };
    const limits = { ...request.limits, maxDecodeBytes: 70 * MiB };
    await expect(pictures.cutOut([file], { ...whole, limits })).rejects.toMatchObject({ reason: "IMAGE_TOO_LARGE" });
    expect((await pictures.cutOut([file], { ...request, ...whole })).byteLength).toBeGreaterThan(MiB);
  });

  it("hands on why a picture is refused, and goes on", async () => {
    const { pictures, losses } = await start();
    await expect(pictures.read([Buffer.from("<html>")], request)).rejects.toMatchObject({
      reason: "UNSUPPORTED_IMAGE",
    });
    const crop = { x: 50, y: 0, width: 50, height: 5 };
    const file = await noise(90, 40).png().toBuffer();
    await expect(pictures.read([file], { ...request, crop })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await expect(pictures.read([file.subarray(0, 900)], request)).rejects.toMatchObject({ reason: "DAMAGED_IMAGE" });
    expect((await pictures.read([file], request)).width).toBe(90);
    expect(losses).toEqual([]);
  });

  it("is refused what costs more than is allowed before anything is decoded, with the reason", async () => {
    const { pictures } = await start();
    const limits = { ...request.limits, maxDecodeBytes: 200 * MiB };
    await expect(pictures.read([interlaced], { ...request, limits })).rejects.toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
      reason: "IMAGE_TOO_LARGE",
      message: expect.stringMatching(
        /^Decoding the picture would take \d+ MiB at once, since it is interlaced; at most 200 MiB/,
      ),
    });
  });

  it.skipIf(process.platform !== "linux")("that takes more memory than it may is ended, and replaced", async () => {
    const { pictures, losses } = await start({ decodeBytes: 64 * MiB });
    await expect(pictures.read([interlaced], request)).rejects.toMatchObject({
      reason: "IMAGE_TOO_LARGE",
      message: "Decoding the picture took more than 64 MiB of memory. Send a smaller one, or another format.",
    });
    expect(losses).toEqual(["memory"]);
    expect((await pictures.read([await noise(90, 40).png().toBuffer()], request)).width).toBe(90);
  });

  it("that takes longer than it may is ended, and replaced", async () => {
    const { pictures, losses } = await start({ pictureMs: 100 });
    await expect(pictures.read([interlaced], request)).rejects.toMatchObject({
      reason: "IMAGE_TOO_LARGE",
      message: "Decoding the picture took longer than 0.1 s. Send a smaller one, or another format.",
    });
    expect(losses).toEqual(["time"]);
  });

  it("that ends while it has nothing to do is told of too, and replaced", async () => {
    const { pictures, losses } = await start();
    const [pid] = pictures.pids;
    process.kill(pid as number, "SIGSEGV");
    while (losses.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(losses).toEqual(["crash"]);
    expect((await pictures.read([await noise(90, 40).png().toBuffer()], request)).width).toBe(90);
  });

  it("that ends under a picture costs a second try, and the picture after that", async () => {
    const { pictures, losses } = await start();
    const found = pictures.read([interlaced], request);
    const ended = expect(found).rejects.toMatchObject({ reason: "DAMAGED_IMAGE" });
    const killing = setInterval(() => {
      // Something is being decoded.
      if (pictures.budget.usedBytes > 0) for (const pid of pictures.pids) process.kill(pid, "SIGSEGV");
    }, 5);
    await ended;
    clearInterval(killing);
    expect(losses).toEqual(["crash", "crash"]);
  });

  it("that somebody else kills is said to be killed: it costs a second try, and the picture after that", async () => {
    const { pictures, losses } = await start();
    process.kill(pictures.pids[0] as number, "SIGKILL");
    await vi.waitFor(() => expect(losses).toEqual(["killed"]), { timeout: 30_000, interval: 5 });
    const ended = expect(pictures.read([interlaced], request)).rejects.toMatchObject({
      reason: "IMAGE_TOO_LARGE",
      message: expect.stringMatching(/^The process that decoded the picture was killed twice/),
    });
    const killing = setInterval(() => {
      if (pictures.budget.usedBytes > 0) for (const pid of pictures.pids) process.kill(pid, "SIGKILL");
    }, 5);
    await ended;
    clearInterval(killing);
    expect(losses).toEqual(["killed", "killed", "killed"]);
  });

  it("leaves what waits to its caller, and ends with the others", async () => {
    const { pictures } = await start();
    const leaving = new AbortController();
    const first = pictures.read([interlaced], request);
    const second = pictures.read([await noise(9, 9).png().toBuffer()], request, { signal: leaving.signal });
    expect(pictures.waiting).toBe(1);
    leaving.abort();
    await expect(second).rejects.toMatchObject({ code: Code.CANCELLED });
    expect(pictures.waiting).toBe(0);
    const stopped = expect(first).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    const { pids } = pictures;
    expect(pids).toHaveLength(1);
    await Promise.all([pictures.close(), stopped]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("gives up a picture that takes long once nobody wants it", async () => {
    const { pictures, losses } = await start();
    const { pids } = pictures;
    const leaving = new AbortController();
    const first = pictures.read([interlaced], request, { signal: leaving.signal });
    const left = expect(first).rejects.toMatchObject({ code: Code.CANCELLED });
    await vi.waitFor(() => expect(pictures.budget.usedBytes).toBeGreaterThan(0), { timeout: 30_000, interval: 5 });
    leaving.abort();
    await left;
    expect((await pictures.read([await noise(90, 40).png().toBuffer()], request)).width).toBe(90);
    expect(pictures.pids).not.toEqual(pids);
    expect(losses).toEqual([]);
    expect(pictures.budget.usedBytes).toBe(0);
  });

  it.skipIf(process.platform !== "linux")("gives the memory of a large picture back", async () => {
    const { pictures } = await start();
    const idle = pictures.residentBytes;
    const found = pictures.read([interlaced], request);
    let most = 0;
    const looking = setInterval(() => {
      most = Math.max(most, pictures.residentBytes);
    }, 20);
    await found;
    clearInterval(looking);
    expect(most - idle).toBeGreaterThan(200 * MiB);
    await vi.waitFor(
      () => {
        expect(pictures.isServing).toBe(true);
        expect(pictures.residentBytes).toBeLessThan(idle + pictureProcess.keptBytes);
      },
      { timeout: 30_000 },
    );
    expect(pictures.budget.usedBytes).toBe(0);
  });

  it.skipIf(process.platform !== "linux")("ends with the process that started it, however that ends", async () => {
    const module = (path: string) => new URL(path, import.meta.url).href;
    const script = `
      import { PictureProcesses } from "${module("./picture-processes.js")}";
      const pictures = await PictureProcesses.start({ count: 2, decodeBytes: 2 ** 29, pictureMs: 60000 });
      const chunks = [];
      for await (const chunk of process.stdin) chunks.push(chunk);
      pictures.read([Buffer.concat(chunks)], ${JSON.stringify(request)}).catch(() => {});
      setInterval(() => {
        if (pictures.budget.usedBytes > 0) process.stdout.write(JSON.stringify(pictures.pids) + ";");
      }, 5);
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    parent.stdin.end(interlaced);
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pids = JSON.parse(String(line).split(";")[0] as string) as number[];
    expect(pids.filter(isAlive)).toHaveLength(2);
    parent.kill("SIGKILL");
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 30_000 });
  });
});
