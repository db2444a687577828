import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FakeRegistry, makeTarball } from "../../services/inference/pull/testing/fake-registry.js";
import { fileOf } from "../../services/inference/pull/testing/made-file.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { pullDetector } from "../../services/maskwire/pull-detector.js";
import { colourPicture } from "../support/colour-picture.js";
import { type HttpError, postSegment, upload } from "../support/http-calls.js";
import { recordingLogger, startMaskwire, testSettings } from "../support/start-maskwire.js";
import { detectorGraph } from "../support/tiny-detector.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const graph = detectorGraph();
const { signal } = new AbortController();
let registry: FakeRegistry;
let folder: string;
let maskwire: Maskwire;
let env: Record<string, string>;

beforeAll(async () => {
  registry = await FakeRegistry.start();
  folder = mkdtempSync(join(tmpdir(), "maskwire-words-pull-"));
  const source = "npm:tiny-detector@1.0.0/models/detector.onnx";
  const entry = { title: "Colours", family: "nanodet", provenance: "This test.", licence: "Apache-2.0" };
  const detectors = [{ ...entry, id: "fetched", files: { graph: fileOf(source, graph) } }];
  const tiny = tinyModelEnv();
  const { models } = JSON.parse(
    readFileSync(tiny.MASKWIRE_MODELS_FILE, "utf8").replaceAll(
      '"file:',
      `"file:${dirname(tiny.MASKWIRE_MODELS_FILE)}/`,
    ),
  );
  writeFileSync(join(folder, "own.json"), JSON.stringify({ models, detectors }));
  env = {
    ...tiny,
    MASKWIRE_MODELS_FILE: join(folder, "own.json"),
    MASKWIRE_MODELS_DIR: join(folder, "pulled"),
    MASKWIRE_DETECTORS: "fetched",
  };
  maskwire = await startMaskwire(env);
  // npm reads it, in the process that fetches.
  process.env.npm_config_registry = registry.url;
});
afterAll(async () => {
  delete process.env.npm_config_registry;
  await maskwire?.stop();
  await registry?.[Symbol.asyncDispose]();
  if (folder) rmSync(folder, { recursive: true });
});

it("G7 a server fetches a detector where there is none, and says what to do meanwhile", async () => {
  const imageId = (await upload(maskwire.url, await colourPicture())).image?.imageId;
  const ask = () => postSegment(maskwire.url, JSON.stringify({ imageId, prompt: { text: "dog" } }));
  const none = await ask();
  expect(none.status).toBe(409);
  const { error } = (await none.json()) as { error: HttpError };
  expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "NO_DETECTOR" });
  expect(error.message).toContain("`npm run models -- pull fetched`");
  const listed = await (await fetch(`${maskwire.url}/v1/words`)).json();
  expect(listed).toMatchObject({
    detectors: [{ id: "fetched", ready: false, advice: expect.stringContaining("pull fetched") }],
  });

  const log = recordingLogger();
  await pullDetector(testSettings({ ...env, MASKWIRE_PULL: "never" }), log.logger, signal);
  expect(log.lines).toEqual([]);
  // What keeps it from being fetched keeps the server from nothing.
  await pullDetector(testSettings({ ...env, MASKWIRE_MODELS_DIR: join(folder, "own.json") }), log.logger, signal);
  expect(log.lines).toMatchObject([
    { reason: expect.stringContaining("is no folder"), msg: expect.stringMatching(/^words are not understood/) },
  ]);
  expect((await ask()).status).toBe(409);

  registry.publish(
    "tiny-detector@1.0.0",
    makeTarball({ "models/detector.onnx": graph, "index.js": new Uint8Array(9) }),
  );
  await pullDetector(testSettings(env), log.logger, signal);
  expect(log.lines[1]).toMatchObject({ model: "fetched", files: 1 });
  const found = await ask();
  expect(found.status).toBe(200);
  expect(((await found.json()) as { masks: unknown[] }).masks.length).toBe(2);
  // It is here: nothing more is fetched, or said.
  await pullDetector(testSettings(env), log.logger, signal);
  expect(log.lines.length).toBe(2);
});

it("G7 ends with the server, before it has begun", async () => {
  const stopped = new AbortController();
  const settings = testSettings({ ...env, MASKWIRE_MODELS_DIR: join(folder, "none") });
  const { logger, lines } = recordingLogger();
  const pulling = pullDetector(settings, logger, stopped.signal);
  stopped.abort();
  await pulling;
  expect(lines).toEqual([]);
});
