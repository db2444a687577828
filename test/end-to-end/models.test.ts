import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EncodeReady, PromptSchema } from "../../proto/index.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { resolveModelFile } from "../../services/inference/models/model-file.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { metric, recordingLogger, startMaskwire, testSettings } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

describe("model files", () => {
  let folder: string;
  const known = Manifest.read().withOwn(tinyModelEnv().MASKWIRE_MODELS_FILE);
  const model = known.get(tinyModelId);
  const entry = known.entries.find(({ id }) => id === tinyModelId);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "maskwire-models-"));
    await copyFile(resolveModelFile(model.encoder, known), join(folder, "encoder.onnx"));
    await copyFile(resolveModelFile(model.decoder, known), join(folder, "decoder.onnx"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Of the model, its files taken from the folder. */
  const manifestOf = (encoder: string, decoder: string) =>
    new Manifest(
      {
        default: model.id,
        models: [
          {
            ...entry,
            files: {
              encoder: { ...entry?.files.encoder, source: `file:${encoder}` },
              decoder: { ...entry?.files.decoder, source: `file:${decoder}` },
            },
          },
        ],
      },
      folder,
    );
  const start = (manifest: Manifest) => startMaskwire({}, { manifest });

  it("starts with files from a folder", async () => {
    const maskwire = await start(manifestOf("encoder.onnx", "decoder.onnx"));
    expect(maskwire.host.readiness().ready).toBe(true);
    await maskwire.stop();
  });

  it("refuses to start when a file is missing, saying which and what to do", async () => {
    await expect(start(manifestOf("encoder.onnx", "elsewhere.onnx"))).rejects.toThrow(
      /file:elsewhere\.onnx is missing .*Run npm ci/,
    );
  });

  it("refuses to start with a file of another size", async () => {
    const path = join(folder, "short.onnx");
    await copyFile(join(folder, "decoder.onnx"), path);
    await truncate(path, 1000);
    await expect(start(manifestOf("encoder.onnx", "short.onnx"))).rejects.toThrow(
      /short\.onnx has 1000 bytes; the manifest says \d+\. Refusing/,
    );
  });

  it("refuses to start with a file in which one bit differs", async () => {
    const bytes = await readFile(join(folder, "encoder.onnx"));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    await writeFile(join(folder, "tampered.onnx"), bytes);
    await expect(start(manifestOf("tampered.onnx", "decoder.onnx"))).rejects.toThrow(
      /tampered\.onnx has SHA-256 [0-9a-f]{64}; the manifest says [0-9a-f]{64}\. Refusing/,
    );
  });
});

describe("a file of somebody's own models", () => {
  it("serves one of them, whose masks come of the picture, the points and the mask that they start from", async () => {
    await using maskwire = await startMaskwire(tinyModelEnv());
    const [first, second] = await Promise.all([jpegScene(600, 400), jpegScene(601, 400)]);
    const [one, other] = [await upload(maskwire.url, first), await upload(maskwire.url, second)];
    expect(one.model).toBe(tinyModelId);
    const ask = async ({ image }: EncodeReady, prompt: MessageInitShape<typeof PromptSchema>) => {
      const { masks } = await segmentOverHttp(maskwire.url, { imageId: image?.imageId ?? "", prompt });
      return masks[0]?.rle?.counts;
    };
    const at = { points: [{ x: 300, y: 200 }] };
    const disc = await ask(one, at);
    expect(await ask(one, at)).toBe(disc);
    expect(await ask(other, at)).not.toBe(disc);
    expect(await ask(one, { points: [{ x: 310, y: 200 }] })).not.toBe(disc);
    const start = { mask: { source: { case: "rle" as const, value: { size: [400, 600], counts: disc ?? "" } } } };
    expect(await ask(one, { points: [{ x: 100, y: 100 }], ...start })).not.toBe(
      await ask(one, { points: [{ x: 100, y: 100 }] }),
    );
  });

  it("refuses to start, naming the file, when it is none", async () => {
    await using refused = MaskwireProcess.spawn({ MASKWIRE_MODELS_FILE: "/nowhere/models.json" });
    const { code, stderr } = await refused.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^maskwire: The file of models \/nowhere\/models\.json cannot be read/m);
  });
});

describe("execution providers", () => {
  it("refuses to start when the only provider cannot, in a sentence without a stack", async () => {
    await using refused = MaskwireProcess.spawn({
      ...tinyModelEnv(),
      MASKWIRE_ENCODER_PROVIDERS: "cuda",
      MASKWIRE_LOG_LEVEL: "silent",
    });
    const { code, stderr } = await refused.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^maskwire: No execution provider can start\. cuda: /m);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("falls back to the next provider, and /readyz, /metrics and the log say which runs", async () => {
    const { logger, lines } = recordingLogger();
    await using maskwire = await startMaskwire(
      { ...tinyModelEnv(), MASKWIRE_ENCODER_PROVIDERS: "cuda,cpu" },
      { logger },
    );
    const running = {
      [tinyModelId]: { provider: "cpu", skipped: [expect.stringMatching(/^cuda: /)], takesFrames: false },
    };
    expect(await (await fetch(`${maskwire.url}/readyz`)).json()).toMatchObject({
      ready: true,
      tiers: { encoder: { models: running } },
    });
    expect(await metric(maskwire.adminUrl, `maskwire_encoder_provider{model="${tinyModelId}",provider="cpu"}`)).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ msg: "encoder ready", models: running }));
  });
});

describe("settings", () => {
  it("refuses every malformed variable by name, without starting", async () => {
    await using refused = MaskwireProcess.spawn({
      MASKWIRE_PORT: "http",
      MASKWIRE_DECODER_WORKERS: "0",
      MASKWIRE_ENCODER_PROVIDERS: "gpu",
      MASKWIRE_CACHE_URL: "http://user:secret@cache",
      MASKWIRE_LOG_LEVEL: "loud",
    });
    const { code, stderr, stdout } = await refused.ended;
    expect(code).toBe(78);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/MASKWIRE_PORT is "http"; expected a whole number from 0 to 65535/);
    expect(stderr).toMatch(/MASKWIRE_DECODER_WORKERS is "0"/);
    expect(stderr).toMatch(/MASKWIRE_ENCODER_PROVIDERS is "gpu"; expected one or more of cpu, cuda/);
    expect(stderr).toMatch(/MASKWIRE_CACHE_URL .*expected redis:/);
    expect(stderr).toMatch(/MASKWIRE_LOG_LEVEL is "loud"/);
    expect(stderr).not.toMatch(/secret/);
  });

  it.each(["encoder", "decoder"])("refuses MASKWIRE_ROLE=%s without a cache that others share", (role) => {
    const words = new RegExp(`MASKWIRE_ROLE=${role} needs a cache .*set MASKWIRE_CACHE_URL`);
    expect(() => testSettings({ MASKWIRE_ROLE: role })).toThrow(words);
  });

  it("refuses MASKWIRE_ROLE=gateway without the addresses of the other tiers", () => {
    expect(() => testSettings({ MASKWIRE_ROLE: "gateway" })).toThrow(/MASKWIRE_ENCODER_ADDRESS/);
  });

  it("warns of a variable that is no setting, takes the log level, and ends at SIGTERM when nothing is under way", async () => {
    await using maskwire = await MaskwireProcess.start({ ...tinyModelEnv(), MASKWIRE_MODLE: "mobilesam" });
    expect(maskwire.stderr).toMatch(/MASKWIRE_MODLE/);
    maskwire.signal("SIGTERM");
    expect(await maskwire.ended).toMatchObject({ code: 0, signal: null });
  });

  it("refuses a port that is in use, and says how to choose another", async () => {
    await using first = await startMaskwire(tinyModelEnv());
    await using second = MaskwireProcess.spawn({ ...tinyModelEnv(), MASKWIRE_PORT: String(first.host.port) });
    const { code, stderr } = await second.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/the port \d+ is in use.*MASKWIRE_PORT/);
  });
});
