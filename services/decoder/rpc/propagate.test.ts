import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { encodeRle, PropagateRequestSchema, TrackState } from "../../../proto/index.js";
import { embeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest } from "../../inference/models/manifest.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import { callContext } from "../../runtime/testing/call-context.js";
import type { Painted } from "../../sam/track/labels/paint.js";
import { MemoryCache } from "../track/memory-cache.js";
import type {
  CarriedObjects,
  CarryTask,
  DecoderTask,
  DividedMasks,
  DivideTask,
  PaintTask,
} from "../worker/decoder-tasks.js";
import { propagate } from "./propagate.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const idOf = (digit: number) => `sha256:${String(digit).repeat(64)}`;
const [target, first, second] = [idOf(1), idOf(2), idOf(3)];
const rleOf = (width: number, height: number) =>
  encodeRle({ width, height, runs: Uint32Array.of(5, width * height - 5) });
const mask = { object: 4, rle: rleOf(8, 6) };

/** @param sizes of pictures that are not 8 x 6 */
function open(
  sizes: Record<string, { width: number; height: number }> = {},
  check = () => {},
  { missing, maxMiB = 64 }: { missing?: string; maxMiB?: number } = {},
) {
  const tasks: DecoderTask[] = [];
  const carried: CarriedObjects = {
    objects: [
      { prior: Float32Array.of(1), sureness: Float32Array.of(1) },
      { prior: Float32Array.of(0), sureness: Float32Array.of(1) },
    ],
    likeness: 0.75,
  };
  const painted: Painted[] = [
    { state: "tracked", agreement: 0.5, predictedIou: 0.5, logits: Float32Array.of(3) },
    { state: "absent", agreement: 0, predictedIou: 0, logits: undefined },
  ];
  const divided: DividedMasks = [
    { counts: "x", box: { x: 1, y: 2, width: 3, height: 4 }, area: 9, predictedIou: 0.5, stabilityScore: 1 },
    undefined,
  ];
  const answer = (task: CarryTask | PaintTask | DivideTask) =>
    task.kind === "carry" ? carried : task.kind === "paint" ? painted[carried.objects.indexOf(task.object)] : divided;
  const handler = propagate({
    admission: { check },
    models: { serving: () => model },
    embeddings: { maxBytes: maxMiB * 2 ** 20 },
    memories: new MemoryCache({ maxBytes: 1e6, ttlMs: 1e6 }),
    pictures: {
      open: async (ref) => {
        if (ref.imageId === missing) throw new ServiceError({ code: Code.NOT_FOUND, message: "Encode it." });
        const size = sizes[ref.imageId] ?? { width: 8, height: 6 };
        return {
          ...size,
          picture: size,
          ref,
          local: true,
          embedding: { key: ref.key, record: new SharedArrayBuffer(0), asOf: 0 },
          run: async (task) => {
            tasks.push(task as unknown as DecoderTask);
            return answer(task as unknown as CarryTask) as never;
          },
        };
      },
    },
  });
  const ask = (init: MessageInitShape<typeof PropagateRequestSchema>) =>
    handler(create(PropagateRequestSchema, { imageId: target, ...init }), callContext());
  return { ask, tasks };
}

it("has workers look for the objects of the known pictures, each with all that is known of it, in parts", async () => {
  const { ask, tasks } = open();
  const other = { object: 2, rle: rleOf(8, 6) };
  const answer = await ask({
    known: [
      { imageId: first, everywhere: true, masks: [mask] },
      { imageId: second, masks: [other, mask] },
    ],
  });
  const key = (imageId: string) => embeddingRef({ tenant: undefined, imageId, model }).key;
  expect(tasks).toMatchObject([
    {
      kind: "carry",
      memory: [
        { key: key(first), everywhere: true },
        { key: key(second), everywhere: false },
      ],
      objects: [
        { id: 2, known: [{ frame: 1 }] },
        { id: 4, known: [{ frame: 0 }, { frame: 1 }] },
      ],
    },
    { kind: "paint", object: { prior: Float32Array.of(1), sureness: Float32Array.of(1) }, isAlone: false },
    { kind: "paint", object: { prior: Float32Array.of(0), sureness: Float32Array.of(1) }, isAlone: false },
    { kind: "divide", painted: [{ logits: Float32Array.of(3), predictedIou: 0.5 }, { logits: undefined }] },
  ]);
  expect(answer).toMatchObject({
    likeness: 0.75,
    objects: [
      { object: 2, state: TrackState.TRACKED, agreement: 0.5, mask: { area: 9, rle: { size: [6, 8], counts: "x" } } },
      { object: 4, state: TrackState.ABSENT },
    ],
  });
  expect(answer.objects?.[1]).not.toHaveProperty("mask");
});

it("has an object looked for by the pictures in which it is absent, too", async () => {
  const { ask, tasks } = open();
  await ask({
    known: [
      { imageId: first, everywhere: true, masks: [{ ...mask, object: 2 }, mask] },
      { imageId: second, masks: [{ object: mask.object, state: TrackState.ABSENT }] },
    ],
  });
  const [, away] = (tasks[0] as CarryTask).objects[1]!.known;
  expect(away).toEqual({ frame: 1, mask: undefined });
});

it.each<[string, MessageInitShape<typeof PropagateRequestSchema>, RegExp]>([
  ["nothing that is known", {}, /names no picture/],
  ["a picture without masks", { known: [{ imageId: first }] }, /has no mask/],
  [
    "more pictures than are compared",
    { known: Array(33).fill({ imageId: first, masks: [mask] }) },
    /at most 32 pictures/,
  ],
  [
    "more objects than are followed",
    { known: [{ imageId: first, masks: Array.from({ length: 17 }, (_, object) => ({ ...mask, object })) }] },
    /at most 16 objects/,
  ],
  ["two masks of an object", { known: [{ imageId: first, masks: [mask, mask] }] }, /two masks in one picture/],
  ["no mask at all", { known: [{ imageId: first, masks: [{ object: 1 }] }] }, /cannot be read: it is left out/],
  [
    "a mask that is none",
    { known: [{ imageId: first, masks: [{ rle: { size: [6, 8], counts: "!" } }] }] },
    /cannot be read/,
  ],
  [
    "a mask of another size",
    { known: [{ imageId: first, masks: [{ rle: rleOf(9, 6) }] }] },
    /is 9 x 6 pixels, the pictures 8 x 6/,
  ],
  ["a picture of another size", { known: [{ imageId: second, masks: [mask] }] }, /one is 10 x 6, another 8 x 6/],
  ["no id", { known: [{ imageId: "second", masks: [mask] }] }, /image/i],
])("refuses %s", async (_what, init, message) => {
  const { ask, tasks } = open({ [second]: { width: 10, height: 6 } });
  await expect(ask(init)).rejects.toThrow(message);
  expect(tasks).toEqual([]);
});

it.each([
  ["its own", target],
  ["another", second],
])(
  "says how large its cache must be for what it can never have at once, where %s is missing",
  async (_which, missing) => {
    const known = [first, second].map((imageId) => ({ imageId, masks: [mask] }));
    await expect(open({}, undefined, { missing }).ask({ known })).rejects.toMatchObject({ message: "Encode it." });
    // Three of 2 MiB, each with its head.
    await expect(open({}, undefined, { missing, maxMiB: 6 }).ask({ known })).rejects.toMatchObject({
      code: Code.NOT_FOUND,
      reason: "CACHE_TOO_SMALL",
      message: expect.stringMatching(
        /of 3 frames .* of 6 MiB keeps: MASKWIRE_DECODER_CACHE_BYTES must be at least 7 MiB\.$/,
      ),
    });
    const twice = [...known, { imageId: second, everywhere: true, masks: [{ ...mask, object: 5 }] }];
    await expect(open({}, undefined, { missing, maxMiB: 7 }).ask({ known: twice })).rejects.toMatchObject({
      message: "Encode it.",
    });
  },
);

it("takes nothing new once the decoder drains: another one makes the frame", async () => {
  const { ask, tasks } = open({}, () => {
    throw new ServiceError({ code: Code.UNAVAILABLE, message: "stopping" });
  });
  await expect(ask({ known: [{ imageId: first, masks: [mask] }] })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  expect(tasks).toEqual([]);
});
