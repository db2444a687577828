import { readFile } from "node:fs/promises";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { InferenceSession } from "onnxruntime-node";
import * as web from "onnxruntime-web";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeHalf } from "../../proto/half-float.js";
import {
  encodeRle,
  MaskFormat,
  type SegmentRequest,
  SegmentRequestSchema,
  type SegmentResult,
  SegmentResultSchema,
} from "../../proto/index.js";
import { decoderSession } from "../../services/decoder/graphs/decoder-session.js";
import { acceptPrompt } from "../../services/decoder/prompts/accept-prompt.js";
import { discLogits, normal, uniform } from "../../services/decoder/rewrite/parity-prompts.js";
import { rewriteDecoder } from "../../services/decoder/rewrite/rewrite-decoder.js";
import { answerPrompt } from "../../services/decoder/worker/answer-prompt.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { resolveModelFile } from "../../services/inference/models/model-file.js";
import { imageTensor, modelFrame } from "../../services/inference/models/model-tensors.js";
import { SessionRunner } from "../../services/inference/models/session-runner.js";
import { splitDecoder } from "../../services/sam/decode/decoder-spec.js";
import type { GraphRunner } from "../../services/sam/decode/graph-runner.js";
import { MaskDecoder } from "../../services/sam/decode/mask-decoder.js";
import { KeptAnswers } from "../../services/sam/decode/previous-mask.js";
import { LatestPreview } from "../../services/sam/masks/latest-preview.js";
import { maskMessage } from "../../services/sam/masks/mask-message.js";
import { traceMask } from "../../services/sam/masks/trace-mask.js";
import { differenceOf } from "../../web-client/local/compare-answers.js";
import { decodeRequest } from "../../web-client/local/decode-request.js";
import { Engine } from "../../web-client/local/engine.js";

/*
 * A prompt's way on the server and in the page, each with its own build of ONNX Runtime, over the same graphs and the same
 * embedding. The page's build runs in Node too: no browser is needed for it.
 */

type RequestInit = Exclude<MessageInitShape<typeof SegmentRequestSchema>, { $typeName: string }>;
type Way = (request: SegmentRequest) => Promise<SegmentResult>;

const size = { width: 640, height: 480 };
const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const frame = modelFrame(model, size);
const random = uniform(11);
const disc = discLogits(frame.gridSize, random);
const opened: { release(): Promise<void> }[] = [];
let onServer: Way;
let inPage: Way;

beforeAll(async () => {
  const graphs = rewriteDecoder(await readFile(resolveModelFile(model.decoder, manifest)));
  const server = async (graph: Uint8Array) => keep(await InferenceSession.create(graph, decoderSession(1)));
  onServer = await wayOfServer(
    new SessionRunner({
      prefix: await server(graphs.prefix),
      step: await server(graphs.step),
      stepWithMask: await server(graphs.stepWithMask),
    }),
  );
  web.env.wasm.numThreads = 1;
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "basic" } as const;
  const createSession = async (graph: Uint8Array) => keep(await web.InferenceSession.create(graph, options));
  const engine = await Engine.open({ backend: "wasm", Tensor: web.Tensor, createSession }, graphs);
  await engine.add("stepWithMask", graphs.stepWithMask);
  inPage = await wayOfPage(engine);
});

afterAll(async () => {
  for (const session of opened) await session.release();
});

function keep<T extends { release(): Promise<void> }>(session: T): T {
  opened.push(session);
  return session;
}

/** A decoder, and the one picture that all is asked of. */
async function open<Kept>(runner: GraphRunner<Kept>) {
  const { dims } = imageTensor(model);
  const values = normal(
    dims.reduce((product, dim) => product * dim, 1),
    0.3,
    uniform(5),
  );
  const decoder = new MaskDecoder(splitDecoder(model.decoder.maskGrid, model.decoder.tokens.side), runner);
  const kept = await decoder.prepare([{ data: values, dims }]);
  return { decoder, picture: { frame, kept, latest: new LatestPreview() } };
}

async function wayOfServer(runner: SessionRunner): Promise<Way> {
  const { decoder, picture } = await open(runner);
  const place = { key: "", record: new SharedArrayBuffer(0), ...size, modelId: model.id, asOf: 0 };
  return async ({ prompt: asked, multimask, preview }) => {
    const prompt = acceptPrompt(asked, size, model);
    const options = { preview, multimask, png: false, lowResLogits: true };
    const task = { kind: "prompt" as const, ...place, prompt, picture: size, ...options };
    const { masks } = await answerPrompt(task, decoder, picture, () => frame);
    return create(SegmentResultSchema, { masks: masks.map((mask) => maskMessage(mask, size)) });
  };
}

async function wayOfPage(engine: Engine): Promise<Way> {
  const { decoder, picture } = await open(engine);
  const answers = new KeptAnswers(1);
  return (request) => decodeRequest(request, decoder, { ...picture, answers });
}

const request = (init: RequestInit) => create(SegmentRequestSchema, { formats: [MaskFormat.LOW_RES_LOGITS], ...init });

const halves = new Uint8Array(encodeHalf(disc).buffer);
const lowResLogits = { width: frame.gridSize, height: frame.gridSize, data: halves };

it.each<[string, RequestInit]>([
  ["a point, all candidates", { prompt: { points: [{ x: 300, y: 200, label: 1 }] }, multimask: true }],
  [
    "points on and beside",
    {
      prompt: {
        points: [
          { x: 90, y: 80 },
          { x: 600, y: 11, label: 0 },
        ],
      },
    },
  ],
  ["a box and a point", { prompt: { points: [{ x: 320, y: 300 }], box: { x0: 500, y0: 420, x1: 60, y1: 50 } } }],
  [
    "a mask of the picture's size",
    { prompt: { mask: { source: { case: "rle", value: encodeRle(traceMask(disc, frame)) } } } },
  ],
  [
    "logits and a point",
    { prompt: { points: [{ x: 320, y: 240 }], mask: { source: { case: "lowResLogits", value: lowResLogits } } } },
  ],
])("answer %s alike", async (_name, init) => {
  const [ours, theirs] = [await inPage(request(init)), await onServer(request(init))];
  expect(ours.masks.length).toBe(init.multimask ? 3 : 1);
  expect(differenceOf(ours, theirs)).toBeUndefined();
});

it("go on alike from an earlier answer: the page from what it keeps, the server from what is sent along", async () => {
  const points = [{ x: 200, y: 150 }];
  const first = await inPage(request({ sequence: 1, prompt: { points }, multimask: true }));
  const more = [...points, { x: 260, y: 180 }];
  const previous = { case: "previous" as const, value: { sequence: 1, mask: 2 } };
  const ours = await inPage(request({ sequence: 2, prompt: { points: more, mask: { source: previous } } }));
  const sent = { case: "lowResLogits" as const, value: first.masks[2]!.lowResLogits! };
  const theirs = await onServer(request({ prompt: { points: more, mask: { source: sent } } }));
  expect(differenceOf(ours, theirs)).toBeUndefined();
  const without = await onServer(request({ prompt: { points: more } }));
  expect(differenceOf(ours, without)).toBeDefined();
});
