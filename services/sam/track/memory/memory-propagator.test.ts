import { expect, it } from "vitest";
import type { DecodedMask } from "../../masks/decoded-mask.js";
import type { KnownObject, Remembered } from "../propagator.js";
import { MemoryPropagator, type MemoryRuns } from "./memory-propagator.js";

const mask = { counts: "x" } as DecodedMask;
const shown: KnownObject = { mask: { width: 1, height: 1, runs: Uint32Array.of(0, 1) }, isShown: true };
const followed: KnownObject = { mask: undefined, isShown: false };

/** Frames are their names; what is remembered is told by whose it is. @param iou of the objects, in their order; 0: not there. */
function open(iou: readonly number[]) {
  const told: string[] = [];
  const looks = [...iou];
  const runs: MemoryRuns<string, string, string> = {
    rows: async (picture, { isShown }) => `rows of ${picture}${isShown ? "!" : ""}`,
    pointer: async (picture) => `pointer of ${picture}`,
    look: async (picture, { masks, pointers }) => {
      const at = [
        ...masks.map((one) => `${one.rows} ${one.encoding}`),
        ...pointers.map((one) => `${one.pointer} ${one.distance}`),
      ];
      told.push(`${picture} looks at ${at.join(", ")}`);
      const predictedIou = looks.shift()!;
      return {
        logits: predictedIou > 0 ? Float32Array.of(1) : undefined,
        predictedIou,
        pointer: `pointer of ${picture}`,
      };
    },
    // Of an object of which there is next to nothing, another one has it all.
    settle: async (_, seen) =>
      seen.map(({ logits, predictedIou }) => (logits && predictedIou > 0.1 ? { mask, logits } : undefined)),
    keep: async (picture, _, pointer) => {
      told.push(`${picture} keeps ${pointer}`);
    },
    likeness: async (picture, other, reference) => {
      told.push(`${picture} beside ${other} by ${reference}`);
      return 0.5;
    },
  };
  const propagator = new MemoryPropagator(runs);
  const remember = (
    id: number,
    frames: Record<number, KnownObject>,
  ): Remembered<ReturnType<typeof propagator.remember>> => {
    const of = (isShown: boolean) =>
      new Map(
        Object.entries(frames).flatMap(([frame, known]) =>
          known.isShown === isShown ? [[Number(frame), propagator.remember(`f${frame}`, known)] as const] : [],
        ),
      );
    return { id, shown: of(true), followed: of(false) };
  };
  return { told, propagator, remember };
}

it("looks for each object in the light of its own frames, then settles all of them, then keeps what was found", async () => {
  const { told, propagator, remember } = open([0.9, 0.4, 0.05, 0]);
  const objects = [
    remember(1, { 0: shown, 4: followed }),
    remember(2, { 3: shown }),
    remember(3, { 3: shown }),
    remember(7, { 3: shown }),
  ];
  const { objects: found, likeness } = await propagator.step("f5", { frame: 5, direction: "forward" }, objects);
  expect(told).toEqual([
    "f5 beside f4 by f3",
    "f5 looks at rows of f0! 6, rows of f4 0, pointer of f0 5, pointer of f4 1",
    ...Array(3).fill("f5 looks at rows of f3! 6, pointer of f3 2"),
    ...Array(2).fill("f5 keeps pointer of f5"),
  ]);
  expect(found).toEqual([
    { id: 1, state: "tracked", mask, agreement: 0.9 },
    { id: 2, state: "unsure", mask, agreement: 0.4 },
    { id: 3, state: "absent", mask: undefined, agreement: 0 },
    { id: 7, state: "absent", mask: undefined, agreement: 0 },
  ]);
  expect(likeness).toBe(0.5);
});
