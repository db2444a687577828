import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { EncodeQueuedSchema, EncodeReadySchema, EncodeStartedSchema } from "../../proto/index.js";
import type { EncodeProgress } from "../peers/encoders.js";
import { countedEncode } from "./counted-encode.js";

const queued: EncodeProgress = { case: "queued", value: create(EncodeQueuedSchema) };
const encoding: EncodeProgress = { case: "encoding", value: create(EncodeStartedSchema) };

/** A part's encode that tells how far it is and ends. @returns what it counted for. */
async function counted({ told = [] as EncodeProgress[], leaves = false, fails = false, cached = false }) {
  let sum = 0;
  const heard: EncodeProgress[] = [];
  const leaving = new AbortController();
  const takeEncode = () => {
    sum++;
    return {
      correct: (amount: number) => {
        sum += amount;
      },
    };
  };
  const onProgress = (progress: EncodeProgress) => heard.push(progress);
  await countedEncode({ signal: leaving.signal, takeEncode, onProgress }, async (call) => {
    for (const one of told) call.onProgress?.(one);
    if (leaves) leaving.abort();
    call.signal.throwIfAborted();
    if (fails) throw new Error("Lost.");
    return create(EncodeReadySchema, { cached });
  }).catch(() => {});
  expect(heard).toEqual(told);
  return sum;
}

it.each<[string, Parameters<typeof counted>[0], number]>([
  ["was made", { told: [queued, encoding] }, 1],
  ["was there", { cached: true }, 0],
  ["failed", { told: [encoding], fails: true }, 0],
  ["was given up while it waited for its turn", { told: [queued], leaves: true }, 0],
  ["was given up when it had begun, which is finished all the same", { told: [queued, encoding], leaves: true }, 1],
])("Z6 Q1: a part that %s", async (_what, encode, sum) => {
  expect(await counted(encode)).toBe(sum);
});
