import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Agent, type Dispatcher } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomNumbers } from "../../../proto/testing/random-numbers.js";
import { freePort } from "../../runtime/testing/free-port.js";
import type { ModelFile } from "../families/model-spec.js";
import { downloadFile } from "./download-file.js";
import { PullError } from "./pull-error.js";
import { FileServer } from "./testing/file-server.js";
import { fileOf, filesIn, madeBytes } from "./testing/made-file.js";

const bytes = madeBytes(2_000_000);
let server: FileServer;
let dispatcher: Dispatcher;
let folder: string;
let place: string;

beforeAll(async () => {
  server = await FileServer.start();
  dispatcher = server.dispatcher();
});
afterAll(async () => {
  await dispatcher?.close();
  await server?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-pull-"));
  place = join(folder, "ab", "model.onnx");
  server.ranges.length = 0;
  return () => rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;
const download = (
  file: ModelFile,
  options: { tries?: number; signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
) => downloadFile(file, place, { dispatcher, signal: never, onBytes: () => {}, ...options });

const expectWhole = () => expect(readFileSync(place).equals(bytes)).toBe(true);
const partBytes = () => filesIn(folder)["ab/model.onnx.part"] ?? 0;

it("brings a file to its place, and tells how much has come", async () => {
  const told: number[] = [];
  await download(fileOf(server.serve("/a", bytes), bytes), { onBytes: (count) => told.push(count) });
  expectWhole();
  expect(filesIn(folder)).toEqual({ "ab/model.onnx": bytes.length });
  expect([told[0], told.at(-1)]).toEqual([0, bytes.length]);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});

describe("interrupted", () => {
  const tenPoints = (seed: number) => {
    const random = randomNumbers(seed);
    return Array.from({ length: 10 }, () => Math.floor((random() * bytes.length) / 10));
  };

  it.each([11, 12, 13])(
    "at ten random points (seed %i), and begun again each time, it comes whole and nothing twice",
    async (seed) => {
      const breaks = tenPoints(seed);
      const file = fileOf(server.serve("/b", bytes, { breaks: [...breaks] }), bytes);
      const had: number[] = [];
      for (const _ of breaks) {
        had.push(partBytes());
        await expect(download(file, { tries: 1 })).rejects.toThrow(/cannot be reached|ended the transfer early/);
      }
      had.push(partBytes());
      await download(file, { tries: 1 });
      expectWhole();
      expect(server.ranges).toEqual(had.map((from) => (from === 0 ? "" : `bytes=${from}-`)));
      expect(new Set(had).size).toBeGreaterThan(5);
    },
  );

  it("it goes on by itself", async () => {
    await download(fileOf(server.serve("/c", bytes, { breaks: [700_000, 700_000] }), bytes));
    expectWhole();
    expect(server.ranges).toHaveLength(3);
  });

  it("by whoever waits, what has come stays", async () => {
    const stop = new AbortController();
    const file = fileOf(server.serve("/d", bytes), bytes);
    const onBytes = (count: number) => count > 500_000 && stop.abort(new Error("enough"));
    await expect(download(file, { signal: stop.signal, onBytes })).rejects.toThrow();
    expect(partBytes()).toBeGreaterThan(500_000);
    await download(file);
    expectWhole();
  });

  it("and gone on with by a server that sends the whole anew", async () => {
    const file = fileOf(server.serve("/e", bytes, { breaks: [600_000], ignoresRanges: true }), bytes);
    await download(file);
    expectWhole();
  });

  it("it says how much is kept", async () => {
    const file = fileOf(server.serve("/f", bytes, { breaks: [500_000] }), bytes);
    const { message } = await download(file, { tries: 1 }).then(
      () => new Error("it has come whole"),
      (error: Error) => error,
    );
    // What was on its way when the connection broke may or may not have come.
    expect(partBytes()).toBeGreaterThan(50_000);
    const kept = (partBytes() / 1e6).toFixed(1);
    expect(message).toContain(`${kept} MB of 2.0 MB are kept: pull again to go on from there`);
  });
});

describe("of another file nothing is kept:", () => {
  const other = madeBytes(bytes.length, 2);
  it.each<[string, () => ModelFile, RegExp]>([
    [
      "other bytes",
      () => fileOf(server.serve("/g", other), bytes),
      /has SHA-256 [0-9a-f]{64}; the manifest says [0-9a-f]{64}\. Nothing/,
    ],
    [
      "less",
      () => fileOf(server.serve("/h", bytes.subarray(1)), bytes),
      /has 1999999 bytes; the manifest says 2000000/,
    ],
    [
      "more",
      () => fileOf(server.serve("/i", madeBytes(3_000_000)), bytes),
      /has 3000000 bytes; the manifest says 2000000/,
    ],
    [
      "more than is said",
      () => fileOf(server.serve("/j", madeBytes(3_000_000), { isChunked: true }), bytes),
      /has \d+ bytes; the manifest says 2000000/,
    ],
    [
      "a beginning of another one",
      () => {
        const file = fileOf(server.serve("/k", bytes), bytes);
        mkdirSync(dirname(place));
        writeFileSync(`${place}.part`, other.subarray(0, 1000));
        return file;
      },
      /has SHA-256/,
    ],
  ])("%s", async (_name, file, message) => {
    await expect(download(file())).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("says in a sentence", () => {
  const failing = async (url: string) => {
    const loading = download(fileOf(url, bytes), { tries: 1 });
    await expect(loading).rejects.toBeInstanceOf(PullError);
    return loading.catch((error: Error) => error.message);
  };

  it.each<[string, () => Promise<string> | string, RegExp]>([
    [
      "that there is no network",
      async () => `https://localhost:${await freePort()}/x`,
      /localhost:\d+ cannot be reached \(ECONNREFUSED\)\. Is there a network/,
    ],
    [
      "that a name is nobody's",
      () => "https://nowhere.invalid/x",
      /nowhere\.invalid cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/,
    ],
    [
      "that a file has moved",
      () => server.serve("/l", bytes, { status: 404 }),
      /answered 404 for \/l: it may have moved/,
    ],
    [
      "that it is for some only",
      () => server.serve("/m", bytes, { status: 403 }),
      /answered 403 for \/m: it may be fetched by some only/,
    ],
    [
      "that a server is busy",
      () => server.serve("/n", bytes, { status: 503 }),
      /answered 503 for \/n; try again later/,
    ],
    [
      "that it leads out of encryption",
      () => server.serve("/o", bytes, { redirect: "http://localhost/x" }),
      /which is not encrypted/,
    ],
    [
      "that it leads round and round",
      () => server.serve("/p", bytes, { redirect: "/p" }),
      /leads on more than 5 times/,
    ],
  ])("%s", async (_name, url, message) => {
    expect(await failing(await url())).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("whom a certificate does not prove, and what to do about a company's proxy", async () => {
    const file = fileOf(server.serve("/q", bytes), bytes);
    const stranger = new Agent();
    const loading = downloadFile(file, place, { dispatcher: stranger, signal: never, onBytes: () => {}, tries: 1 });
    await expect(loading).rejects.toThrow(/localhost:\d+ does not prove who it is .* NODE_EXTRA_CA_CERTS/);
    await stranger.close();
  });

  // Every write there fails as on a full disk.
  it.skipIf(process.platform !== "linux")("that the disk is full", async () => {
    mkdirSync(dirname(place));
    symlinkSync("/dev/full", `${place}.part`);
    expect(await failing(server.serve("/r", bytes))).toMatch(/The disk of .*ab is full\. Make room and pull again/);
  });

  it("leads elsewhere on the way", async () => {
    server.serve("/there", bytes);
    await download(fileOf(server.serve("/s", bytes, { redirect: "/there" }), bytes));
    expectWhole();
  });
});
