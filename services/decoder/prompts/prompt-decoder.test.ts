import { create } from "@bufbuild/protobuf";
import { expect, it, vi } from "vitest";
import { EmbeddingSource, MaskFormat, type SegmentRequest, SegmentRequestSchema } from "../../../proto/index.js";
import { Admission } from "../../inference/admission.js";
import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest } from "../../inference/models/manifest.js";
import { Models } from "../../inference/models/models.js";
import { OnceStarted } from "../../inference/once-started.js";
import type { TaskOptions } from "../../inference/workers/worker-pool.js";
import { Code, overloaded } from "../../runtime/errors.js";
import type { Work } from "../../runtime/overload/thresholds.js";
import { callContext } from "../../runtime/testing/call-context.js";
import type { PictureTasks } from "../pictures/pictures.js";
import type { DecodedPrompt, PromptTask } from "../worker/decoder-tasks.js";
import { PromptDecoder } from "./prompt-decoder.js";

const models = new Models(Manifest.read());
const imageId = `sha256:${"a".repeat(64)}`;
const decoded: DecodedPrompt = { masks: [], warm: true, isPreviewed: false, prepareMs: 1, decodeMs: 2, maskMs: 3 };

type Options = Pick<TaskOptions, "urgent" | "staysWithKey" | "onStart"> | undefined;

function createDecoder({ isFree = true } = {}) {
  const runs: { task: PromptTask; options: Options; end: (result?: Partial<DecodedPrompt>) => void }[] = [];
  const opened: EmbeddingRef[] = [];
  const refused = new Set<Work>();
  const admission = new Admission({
    check: (work) => {
      if (refused.has(work)) throw overloaded("Too many.", 10);
    },
  });
  const parts = new OnceStarted<{ pool: { isFree: boolean; taskMs: number } }>("decoder");
  parts.set({ pool: { isFree, taskMs: 3_600_000 } });
  const onDecoded = vi.fn();
  const prompts = new PromptDecoder({
    admission,
    models,
    parts,
    onDecoded,
    pictures: {
      open: async (ref) => {
        opened.push(ref);
        return {
          width: 640,
          height: 480,
          picture: { width: 640, height: 480 },
          ref,
          local: false,
          embedding: { key: ref.key, record: new SharedArrayBuffer(0), asOf: 0 },
          run: ((task: PromptTask, options: Options) => {
            options?.onStart?.({ queueMs: 0 });
            return new Promise((resolve) => {
              runs.push({ task, options, end: (result = {}) => resolve({ ...decoded, ...result }) });
            });
          }) as unknown as PictureTasks["run"],
        };
      },
    },
  });
  const ask = (init: object = {}) => prompts.decode(request(init), callContext());
  return { ask, runs, opened, admission, refused, onDecoded };
}

const request = (init: object): SegmentRequest =>
  create(SegmentRequestSchema, { imageId, prompt: { points: [{ x: 3, y: 4 }] }, ...init });

const turns = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
};

it("hands a worker the prompt with what is asked of its masks, and tells what came of it", async () => {
  const { ask, runs, onDecoded } = createDecoder();
  const asked = ask({ formats: [MaskFormat.PNG], multimask: true });
  await turns();
  expect(runs[0]?.task).toMatchObject({
    kind: "prompt",
    prompt: { points: [{ x: 3, y: 4, label: 1 }] },
    preview: false,
    multimask: true,
    png: true,
    lowResLogits: false,
  });
  expect(runs[0]?.options).toMatchObject({ urgent: true, staysWithKey: false });
  runs[0]?.end({ warm: false });
  expect(await asked).toMatchObject({ imageId, model: models.serving("").id, embeddingSource: EmbeddingSource.STORE });
  await turns();
  expect(onDecoded).toHaveBeenCalledWith(
    expect.objectContaining({ decodeMs: 2, maskMs: 3 }),
    EmbeddingSource.STORE,
    false,
    models.serving("").id,
  );
});

it("waits for the end of a preview that asks the same, and then goes where that ran", async () => {
  const { ask, runs } = createDecoder();
  const preview = ask({ preview: true });
  await turns();
  const [same, other] = [ask(), ask({ prompt: { points: [{ x: 5, y: 6 }] } })];
  await turns();
  expect(runs.map(({ options }) => [options?.urgent, options?.staysWithKey])).toEqual([
    [false, false],
    [true, false],
  ]);
  runs[0]?.end();
  await turns();
  expect(runs[2]?.options).toMatchObject({ urgent: true, staysWithKey: true });
  for (const { end } of runs) end();
  await Promise.all([preview, same, other]);
});

it("decodes on the draft where that is asked for, and says so", async () => {
  const { ask, runs, opened } = createDecoder();
  const both = [ask({ draft: true }), ask()];
  await turns();
  for (const { end } of runs) end();
  expect((await Promise.all(both)).map(({ draft }) => draft)).toEqual([true, false]);
  expect(opened.map(({ draft }) => draft)).toEqual([true, undefined]);
});

it("takes its place in line instead while all workers are busy", async () => {
  const { ask, runs } = createDecoder({ isFree: false });
  const all = [ask({ preview: true }), ask()];
  await turns();
  expect(runs.length).toBe(2);
  for (const { end } of runs) end();
  await Promise.all(all);
});

it.each<[string, object]>([
  ["a prompt of nothing", { prompt: {} }],
  ["no picture", { imageId: "cat" }],
  ["a model that is not served", { model: "other" }],
  ["more formats than there are", { formats: Array(50).fill(MaskFormat.PNG) }],
])("refuses %s before anything is run", async (_name, init) => {
  const { ask, runs } = createDecoder();
  await expect(ask(init)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  expect(runs).toEqual([]);
});

it("keeps previews out under load and clicks only when that is not enough, and all once it drains", async () => {
  const { ask, runs, refused, admission } = createDecoder();
  refused.add("previews");
  await expect(ask({ preview: true })).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  const click = ask();
  await turns();
  runs[0]?.end();
  await click;
  admission.end();
  await expect(ask()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});
