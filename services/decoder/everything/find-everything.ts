import { setMaxListeners } from "node:events";
import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import type { Call } from "../../runtime/grpc/call.js";
import type { Send } from "../../runtime/grpc/serve.js";
import type { Pictures } from "../pictures/pictures.js";
import type { EverythingOptions } from "./everything-options.js";
import { type EverythingEvent, EverythingReport } from "./everything-report.js";
import { duplicatesAcrossParts } from "./ledger.js";
import { openParts } from "./parts.js";
import { searchPart } from "./search-part.js";

interface Everything {
  pictures: Pick<Pictures, "open">;
  /** Tasks that can run at once. */
  workers: number;
  ref: EmbeddingRef;
  options: EverythingOptions;
  send: Send<EverythingEvent>;
  call: Call;
}

/** Every object in a picture, told as it is found. @throws ServiceError as `Pictures.open` and a picture's tasks. */
export async function findEverything({ pictures, workers, ref, options, send, call }: Everything): Promise<void> {
  const startedAt = performance.now();
  const failed = new AbortController();
  const signal = AbortSignal.any([call.signal, failed.signal]);
  // Every part of the picture and every worker listens to it while it waits.
  setMaxListeners(0, signal);
  const { picture, parts } = await openParts(pictures, ref, options, { ...call, signal });
  const total = parts.reduce((sum, { order }) => sum + order.left, 0);
  const report = new EverythingReport(send, { picture, wanted: options.wanted, total, startedAt });
  await report.progress();
  for (const part of parts) {
    // One batch for each worker.
    await allOrNone(workers, searchPart(part, { picture, options, report, signal }), failed);
    await report.change(part.ledger.settle(), part.crop);
  }
  const shown = parts.reduce((sum, { ledger }) => sum + ledger.shown, 0);
  // Within one part its own suppression has the last word.
  if (parts.length === 1) return report.end(ref.imageId, shown);
  const retracted = duplicatesAcrossParts(
    parts.map(({ crop, ledger }) => ({ area: crop.width * crop.height, findings: ledger.findings })),
    options.crops.nmsThreshold,
  );
  await report.change({ found: [], retracted }, parts[0].crop);
  await report.end(ref.imageId, shown - retracted.length);
}

/** Runs `work` several times at once. The first that fails stops the others, and is told when they have ended. */
async function allOrNone(count: number, work: () => Promise<void>, stop: AbortController): Promise<void> {
  let failure: { error: unknown } | undefined;
  const guarded = () =>
    work().catch((error: unknown) => {
      failure ??= { error };
      stop.abort();
    });
  await Promise.all(Array.from({ length: count }, guarded));
  if (failure) throw failure.error;
}
