import { DecoderService, EmbeddingSource } from "../../../proto/index.js";
import { RpcClient } from "../../../services/runtime/grpc/client.js";
import { upload } from "../../support/http-calls.js";
import { clickOn } from "../../support/pictures.js";
import type { Rig } from "./rig.js";

/** What the first prompt on a picture waits for its embedding, ms: from the shared cache, and from the process. */
interface ColdMs {
  readonly store: readonly number[];
  readonly process: readonly number[];
}

/**
 * First prompts on pictures that the decoder does not have, then on those that its worker has put away again.
 * @param between a picture that is prompted before each of them, as others' are at a decoder that has work: right after
 *   one another they would find the processor's caches full of what they need.
 */
export async function coldPrompts(rig: Rig, pictures: readonly string[], between: string): Promise<ColdMs> {
  const rpc = new RpcClient(rig.decoderAddress);
  try {
    const ms = { [EmbeddingSource.STORE]: [] as number[], [EmbeddingSource.PROCESS]: [] as number[] };
    for (const source of [EmbeddingSource.STORE, EmbeddingSource.PROCESS] as const) {
      for (const imageId of pictures) {
        const prompt = { points: [{ ...clickOn("disc"), label: 1 }] };
        await rpc.unary(DecoderService.method.segmentOnce, { imageId: between, prompt });
        const { outcome } = await rpc.unary(DecoderService.method.segmentOnce, { imageId, prompt });
        if (outcome.case !== "result") throw new Error("the decoder answered without a result");
        const { embeddingSource, timings } = outcome.value;
        if (embeddingSource === source) ms[source].push(timings?.embeddingMs ?? 0);
      }
    }
    return { store: ms[EmbeddingSource.STORE], process: ms[EmbeddingSource.PROCESS] };
  } finally {
    rpc.close();
  }
}

/** @returns milliseconds of one upload that is encoded. */
export async function newPicture(rig: Rig): Promise<number> {
  const bytes = rig.newPicture();
  const startedAt = performance.now();
  const { cached } = await upload(rig.gatewayUrl, bytes);
  if (cached) throw new Error("a new picture was known");
  return performance.now() - startedAt;
}
