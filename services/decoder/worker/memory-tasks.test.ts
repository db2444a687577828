import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeHalf } from "../../../proto/half-float.js";
import { bitmapToRle, decodeCounts } from "../../../proto/index.js";
import { createSession } from "../../inference/models/create-session.js";
import { modelFrame } from "../../inference/models/model-tensors.js";
import type { KeptTensors } from "../../inference/models/session-runner.js";
import type { FloatTensor } from "../../sam/decode/graph-runner.js";
import { promptTokens } from "../../sam/prompts/prompt-tokens.js";
import { type LoadedDecoder, loadDecoderGraph } from "../graphs/load-decoder-graph.js";
import { memoryFiles } from "../graphs/memory-files.js";
import { type LoadedMemory, loadMemoryGraphs } from "../graphs/memory-graphs.js";
import { encoderGraph, frameSide, noMemory, readRecall } from "../testing/memory-model.js";
import { servedMemory } from "../testing/served-memory.js";
import { look, pointerOf, type RememberingModel, rememberRows, settle, withNoMemory } from "./memory-tasks.js";

/*
 * What a worker does for a step, with graphs that can be reckoned by hand: as SAM 2's exports for pictures have them, with what stands for
 * no memory in their features, and without.
 */

const folder = mkdtempSync(join(tmpdir(), "maskwire-memory-tasks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const picture = { width: frameSide, height: frameSide };
/** The thing is a square of the colour (1, 0, 0) on (0, 0, 1). */
const square = { x: 64, y: 96, size: 64 };
const isIn = (x: number, y: number, left = square.x) =>
  x >= left && x < left + square.size && y >= square.y && y < square.y + square.size;
const maskAt = (left = square.x) =>
  bitmapToRle(
    Uint8Array.from({ length: frameSide ** 2 }, (_, at) =>
      isIn(at % frameSide, Math.floor(at / frameSide), left) ? 1 : 0,
    ),
    frameSide,
    frameSide,
  );

/** A normalised picture. @param left where the thing is; undefined: nowhere. */
function pixels(left: number | undefined): Float32Array {
  const area = frameSide ** 2;
  const planes = new Float32Array(3 * area);
  for (let at = 0; at < area; at++) {
    const isThing = left !== undefined && isIn(at % frameSide, Math.floor(at / frameSide), left);
    planes[isThing ? at : 2 * area + at] = 1;
  }
  return planes;
}

describe.each([
  ["added", false],
  ["bare", true],
] as const)("with features that are %s", (features, isBare) => {
  const { model, models } = servedMemory(folder, { encoder: encoderGraph({ isBare }) }, { memory: { features } });
  const frame = modelFrame(model, picture);
  let decoder: LoadedDecoder;
  let memory: LoadedMemory;
  let remembering: RememberingModel;
  let encode: (left: number | undefined) => Promise<{ kept: KeptTensors; frame: typeof frame }>;

  beforeAll(async () => {
    const path = await models.verifiedGraph(model, "decoder");
    decoder = await loadDecoderGraph(model, { kind: "stock", path, reason: "a test's" }, { wide: 1 });
    memory = await loadMemoryGraphs(model, (await memoryFiles(model, models))!, 1);
    remembering = { model, memory, decoder: decoder.wide };
    const { session } = await createSession(encoderGraph({ isBare }), { providers: ["cpu"], threads: 1 });
    const { Tensor } = await import("onnxruntime-node");
    encode = async (left) => {
      const given = await session.run({ image: new Tensor("float32", pixels(left), [1, 3, frameSide, frameSide]) });
      const tensors = model.encoder.outputs.map(({ name }, index): FloatTensor => {
        const { data, dims } = given[name]!;
        return { data: withNoMemory(model, memory, index, data as Float32Array), dims };
      });
      return { kept: await decoder.wide.prepare(tensors), frame };
    };
  });
  afterAll(async () => {
    await memory.release();
    await decoder.release();
  });

  const cell = (left: number) => (square.y / 16) * 16 + left / 16;
  const rowOf = (rows: SharedArrayBuffer, at: number) => [...decodeHalf(new Uint16Array(rows, at * 128, 64))];

  it("lets clicks decode on features with what stands for no memory", async () => {
    const { kept } = await encode(square.x);
    const { image_embed: image } = kept;
    expect(image!.data[0]).toBeCloseTo(noMemory, 5);
    const tokens = promptTokens({ points: [{ x: 90, y: 110, label: 1 }] }, frame, model.decoder.tokens);
    const { logits } = await decoder.wide.decode(kept, tokens, undefined);
    expect([logits[64 * 64 + 30 * 64 + 20]! > 0, logits[64 * 64]! > 0]).toEqual([true, false]);
  });

  it("remembers a mask with the features themselves, and what was found as sure as it was", async () => {
    const here = await encode(square.x);
    const known = await rememberRows({ object: { known: maskAt() } }, remembering, here);
    expect(rowOf(known, cell(square.x)).slice(0, 4)).toEqual([1, 1, 0, 0]);
    expect(rowOf(known, 0).slice(0, 4)).toEqual([0, 0, 0, 0]);
    const found = await rememberRows({ object: { found: new Float32Array(64 * 64) } }, remembering, here);
    // Half inside, everywhere.
    expect(rowOf(found, 0).slice(0, 4)).toEqual([0.125, 0, 0, 0.125]);
    const absent = await rememberRows({ object: { known: undefined } }, remembering, here);
    const row = rowOf(absent, cell(square.x));
    expect([row[0], row.filter((value) => value === 1).length]).toEqual([0, 1]);
  });

  it("remembers of a mask without a pixel what it does where the object is absent", async () => {
    const here = await encode(square.x);
    const empty = bitmapToRle(new Uint8Array(frameSide ** 2), frameSide, frameSide);
    const [absent, shownEmpty] = [
      await rememberRows({ object: { known: undefined } }, remembering, here),
      await rememberRows({ object: { known: empty } }, remembering, here),
    ];
    expect(new Uint16Array(shownEmpty)).toEqual(new Uint16Array(absent));
    expect(new Float32Array(await pointerOf({ known: empty }, remembering, here))[0]).toBe(-1);
  });

  it("finds the object where it has gone to, and not where it is not", async () => {
    const rows = await rememberRows({ object: { known: maskAt() } }, remembering, await encode(square.x));
    const pointer = await pointerOf({ known: maskAt() }, remembering, await encode(square.x));
    // Twice the token of a decode from a mask.
    expect(new Float32Array(pointer)[0]).toBe(6);
    const at = { masks: [{ rows, encoding: 6 }], pointers: [{ pointer, distance: 1 }] };
    const seen = await look({ at }, remembering, await encode(128));
    expect(readRecall(seen.predictedIou)).toEqual({ encodings: [6], pointers: 1, looked: 0, shown: 1 });
    expect(new Float32Array(seen.pointer)[0]).toBe(10);
    const [settled] = settle({ seen: [seen] }, frame);
    const { x, y, width, height } = settled!.mask.box;
    for (const [is, wanted] of [
      [x, 128],
      [y, 96],
      [width, 64],
      [height, 64],
    ])
      expect(Math.abs(is! - wanted!)).toBeLessThan(4);
    const gone = await look({ at }, remembering, await encode(undefined));
    expect([gone.logits, gone.predictedIou, new Float32Array(gone.pointer)[0]]).toEqual([undefined, 0, -1]);
    expect(await look({ at: { masks: [], pointers: [] } }, remembering, await encode(128))).toMatchObject({
      predictedIou: 0,
    });
  });

  it("has a pointer of an object that is absent, and asks a decoder that starts from no mask by points and a box", async () => {
    const here = await encode(square.x);
    expect(new Float32Array(await pointerOf({ known: undefined }, remembering, here))[0]).toBe(-1);
    const { wide } = decoder;
    const decodeWith: typeof wide.decodeWith = (...asked) => wide.decodeWith(...asked);
    const blind = { ...remembering, decoder: { spec: wide.spec, takesMasks: false, decodeWith } };
    const pointer = await pointerOf({ known: maskAt() }, blind, here);
    // Twice the token of a click.
    expect(new Float32Array(pointer)[0]).toBe(2);
  });
});

it("settles masks so that each pixel is the surest one's, and one of which nothing is left is not there", () => {
  const { model } = servedMemory(folder);
  const frame = modelFrame(model, picture);
  const logits = (left: number, right: number) =>
    Float32Array.from({ length: 64 * 64 }, (_, at) => (at % 64 < 32 ? left : right));
  const seen = [
    { logits: logits(5, 1), predictedIou: 0.9 },
    { logits: logits(3, 4), predictedIou: 0.8 },
    { logits: undefined, predictedIou: 0 },
    { logits: logits(2, 2), predictedIou: 0.7 },
  ];
  const [first, second, absent, none] = settle({ seen }, frame);
  expect([absent, none]).toEqual([undefined, undefined]);
  expect(first!.mask.area + second!.mask.area).toBe(frameSide ** 2);
  expect(decodeCounts(first!.mask.counts)[0]).toBe(0);
  expect([first!.logits[0], first!.logits[63], second!.logits[0], second!.logits[63]]).toEqual([5, -4, -5, 4]);
});
