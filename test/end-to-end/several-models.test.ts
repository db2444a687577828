import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { jpegScene } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

const prompt = { points: [{ x: 300, y: 200 }] };
let folder: string;
let maskwire: Maskwire;
let picture: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-several-"));
  const shared = tinyModelEnv().MASKWIRE_MODELS_FILE;
  const [tiny] = JSON.parse(await readFile(shared, "utf8")).models;
  const here = (file: { source: string }) => ({
    ...file,
    source: `file:${join(dirname(shared), file.source.slice("file:".length))}`,
  });
  const files = { encoder: here(tiny.files.encoder), decoder: here(tiny.files.decoder) };
  const models = [
    { ...tiny, files },
    { ...tiny, files, id: "second" },
    { ...tiny, id: "gone", files: { ...files, decoder: { ...files.decoder, source: "file:gone.onnx" } } },
  ];
  await writeFile(join(folder, "own.json"), JSON.stringify({ models }));
  maskwire = await startMaskwire({
    MASKWIRE_MODELS_FILE: join(folder, "own.json"),
    MASKWIRE_MODELS: `${tinyModelId},second:lazy,gone:lazy`,
    // Room for one in each worker.
    MASKWIRE_MODEL_BYTES: "1",
    MASKWIRE_DECODER_WORKERS: "1",
  });
  picture = await jpegScene(600, 400);
});
afterAll(async () => {
  await maskwire?.stop();
  if (folder) await rm(folder, { recursive: true });
});

const statesOf = async (tier: "encoder" | "decoder") => {
  const { tiers } = (await (await fetch(`${maskwire.url}/readyz`)).json()) as {
    tiers: Record<string, { models: Record<string, { state: string }> }>;
  };
  return Object.fromEntries(Object.entries(tiers[tier]?.models ?? {}).map(([id, { state }]) => [id, state]));
};

it("loads a model when it is asked for first, unloads the least used, and tells of each", async () => {
  expect(await statesOf("encoder")).toEqual({ [tinyModelId]: "loaded", second: "idle", gone: "idle" });
  const masksOf = async (model: string) => {
    const { image, model: used } = await upload(maskwire.url, picture, { model });
    const { masks } = await segmentOverHttp(maskwire.url, { imageId: image?.imageId ?? "", model, prompt });
    return { used, counts: masks[0]?.rle?.counts };
  };
  const first = await masksOf("");
  expect(first.used).toBe(tinyModelId);
  // The same graphs under another name.
  expect(await masksOf("second")).toEqual({ ...first, used: "second" });
  for (const tier of ["encoder", "decoder"] as const) {
    // Of a decoder's threads the one that gives way has not been asked, and keeps what it began with.
    const keeps = tier === "decoder" ? 1 : 0;
    const usual = keeps > 0 ? "loaded" : "idle";
    expect(await statesOf(tier)).toEqual({ [tinyModelId]: usual, second: "loaded", gone: "idle" });
    const count = (name: string, model: string) =>
      metric(maskwire.adminUrl, `${name}{tier="${tier}",model="${model}"}`);
    expect(await count("maskwire_model_workers", "second")).toBe(1);
    expect(await count("maskwire_model_workers", tinyModelId)).toBe(keeps);
    expect(await count("maskwire_model_uses_total", "second")).toBe(1);
  }
  expect(await masksOf("")).toEqual(first);
  expect(await statesOf("decoder")).toEqual({ [tinyModelId]: "loaded", second: "idle", gone: "idle" });
});

it("refuses one whose files are not here, says so to its operator, and serves the others", async () => {
  const { image } = await upload(maskwire.url, picture, { model: "gone" });
  const asked = await fetch(`${maskwire.url}/v1/segment`, {
    method: "POST",
    body: JSON.stringify({ imageId: image?.imageId, model: "gone", prompt }),
  });
  expect(await asked.json()).toMatchObject({
    error: {
      code: "FAILED_PRECONDITION",
      message: 'The model "gone" cannot be used here now: its files are not here, or not the right ones.',
    },
  });
  expect(await statesOf("decoder")).toMatchObject({ gone: "failed" });
  expect((await fetch(`${maskwire.url}/readyz`)).status).toBe(200);
});

it("N8 tells which models there are, and what each can be asked", async () => {
  const { models } = (await (await fetch(`${maskwire.url}/v1/models`)).json()) as { models: object[] };
  const capabilities = { points: "MODEL_POINTS_ALL", boxes: true, maskInput: true, candidates: 3, maxPoints: 0 };
  expect(models).toEqual([
    expect.objectContaining({
      id: tinyModelId,
      title: "Discs for tests",
      licence: "Apache-2.0",
      usual: true,
      capabilities,
    }),
    expect.objectContaining({ id: "second", capabilities }),
    expect.objectContaining({ id: "gone" }),
  ]);
});
