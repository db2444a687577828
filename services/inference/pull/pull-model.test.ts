import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../runtime/file-lock/file-lock.js";
import { freePort } from "../../runtime/testing/free-port.js";
import { Manifest } from "../models/manifest.js";
import { PullError } from "./pull-error.js";
import { pullModel } from "./pull-model.js";
import { FakeRegistry, makeTarball } from "./testing/fake-registry.js";
import { fileOf, filesIn, madeBytes } from "./testing/made-file.js";

const [encoder, decoder] = [madeBytes(200_000, 1), madeBytes(50_000, 2)];
const shipped = Manifest.read();
const [entry] = shipped.entries;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-pull-"));
  return () => rmSync(folder, { recursive: true });
});

const manifestOf = (files: object, changes: object = {}) => {
  const models = [entry, { ...entry, id: "mine", files: { ...entry?.files, ...files }, ...changes }];
  return new Manifest({ default: shipped.defaultId, models }, folder, join(folder, "pulled"));
};
const pull = (manifest: Manifest, { acceptsLicence = false, signal = new AbortController().signal } = {}) =>
  pullModel(manifest.get("mine"), manifest, { acceptsLicence, signal, onProgress: () => {} });

describe("from npm's registry", () => {
  let registry: FakeRegistry;
  const before = process.env.npm_config_registry;
  const packed = makeTarball({
    "models/encoder.onnx": encoder,
    "models/decoder.onnx": decoder,
    "index.js": madeBytes(9000),
  });
  const files = {
    encoder: fileOf("npm:@some/weights@1.2.3/models/encoder.onnx", encoder),
    decoder: fileOf("npm:@some/weights@1.2.3/models/decoder.onnx", decoder),
  };

  beforeAll(async () => {
    registry = await FakeRegistry.start();
    registry.publish("@some/weights@1.2.3", packed);
    registry.publish("broken@1.0.0", packed, Buffer.from("another"));
    process.env.npm_config_registry = registry.url;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.npm_config_registry;
    else process.env.npm_config_registry = before;
    await registry?.[Symbol.asyncDispose]();
  });

  it("brings the files that are named out of one tarball, and keeps nothing else of it; again it fetches nothing", async () => {
    const manifest = manifestOf(files);
    expect(await pull(manifest)).toEqual([files.encoder.source, files.decoder.source]);
    const { pulledAs = "" } = manifest.get("mine").encoder;
    expect(filesIn(manifest.pulledDir)).toEqual({
      [pulledAs]: encoder.length,
      [manifest.get("mine").decoder.pulledAs ?? ""]: decoder.length,
    });
    expect(readFileSync(join(manifest.pulledDir, pulledAs)).equals(encoder)).toBe(true);
    expect(readdirSync(manifest.pulledDir)).toHaveLength(2);
    process.env.npm_config_registry = "http://127.0.0.1:1/";
    expect(await pull(manifest)).toEqual([]);
    process.env.npm_config_registry = registry.url;
  });

  it.each<[string, string, () => Promise<string> | string, RegExp]>([
    [
      "a tarball that is not what it promised",
      "broken@1.0.0",
      () => registry.url,
      /broken@1\.0\.0 cannot be fetched: .*EINTEGRITY/,
    ],
    [
      "no such package",
      "nothing@1.0.0",
      () => registry.url,
      /nothing@1\.0\.0 cannot be fetched: the registry has no such package/,
    ],
    [
      "no network",
      "broken@1.0.0",
      async () => `http://127.0.0.1:${await freePort()}/`,
      /no registry answers \(ECONNREFUSED\)/,
    ],
  ])("of %s keeps nothing, and says so", async (_name, spec, url, message) => {
    process.env.npm_config_registry = await url();
    const manifest = manifestOf({ encoder: fileOf(`npm:${spec}/models/encoder.onnx`, encoder) });
    const pulling = pull(manifest);
    await expect(pulling).rejects.toThrow(message);
    await expect(pulling).rejects.toBeInstanceOf(PullError);
    expect(readdirSync(manifest.pulledDir)).toEqual([]);
    process.env.npm_config_registry = registry.url;
  });

  it("is stopped by a person, and keeps nothing of a tarball", async () => {
    const stop = new AbortController();
    const manifest = manifestOf(files);
    const pulling = pull(manifest, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(pulling).rejects.toThrow("enough");
    expect(readdirSync(manifest.pulledDir)).toEqual([]);
  });
});

describe("begins nothing", () => {
  const unreachable = { encoder: fileOf("https://nowhere.invalid/encoder.onnx", encoder) };
  const tooLarge = { encoder: { ...unreachable.encoder, bytes: 9e15 } };

  it("under a licence that nobody has accepted, which it names", async () => {
    const manifest = manifestOf(tooLarge, { licence: "LicenseRef-SAM", licenceUrl: "https://example.com/sam" });
    await expect(pull(manifest)).rejects.toThrow(
      /^mine is under LicenseRef-SAM \(https:\/\/example\.com\/sam\)\. .*--accept-licence/,
    );
    await expect(pull(manifest, { acceptsLicence: true })).rejects.toThrow(/to spare are needed/);
  });

  it("where the disk has no room for it", async () => {
    await expect(pull(manifestOf(tooLarge))).rejects.toThrow(
      /9000000000\.0 MB and 67\.1 MB to spare are needed\. Make room/,
    );
  });

  it("beside another who fetches the same", async () => {
    const manifest = manifestOf(unreachable);
    const place = join(manifest.pulledDir, manifest.get("mine").encoder.pulledAs ?? "");
    mkdirSync(manifest.pulledDir);
    const lock = await takeLock(`${dirname(place)}.lock`, {
      taken: (who) => new Error(who),
      signal: AbortSignal.timeout(60_000),
    });
    await expect(pull(manifest)).rejects.toThrow(/encoder\.onnx is being fetched by process \d+/);
    await lock.release();
  });

  it("where a file that is not fetched is missing", async () => {
    const manifest = manifestOf({ ...unreachable, decoder: fileOf("file:none.onnx", decoder) });
    await expect(pull(manifest)).rejects.toThrow(/file:none\.onnx is missing/);
  });

  it("where nothing may be written", async () => {
    writeFileSync(join(folder, "pulled"), "a file");
    await expect(pull(manifestOf(unreachable))).rejects.toThrow(/pulled is no folder\. Name another/);
  });
});
