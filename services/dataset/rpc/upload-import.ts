import { type StartJobRequest, StartJobRequestSchema, type UploadImportRequest } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { type ArrivalPace, inTime, type PaceLimits } from "../../runtime/limits/arrival-pace.js";
import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import { checkLists } from "./check-lists.js";
import type { Handlers } from "./handlers.js";
import { withStarterLimits } from "./starter-limits.js";
import { whoOf } from "./who.js";

/** Header, chunks -> kept as they come, and an import of them begun. */
export function uploadImport(parts: Pick<OnDemand<Parts>, "get">, limits: PaceLimits): Handlers["uploadImport"] {
  return async (requests, context) => {
    const { origin, signal, take, audited } = context;
    const messages = requests[Symbol.asyncIterator]();
    const header = withStarterLimits(await headerOf(messages, limits), context);
    checkLists(StartJobRequestSchema, header);
    const who = whoOf(origin, header.person);
    audited.does("dataset", `UploadImport ${header.dataset}`.trim());
    const { jobFiles } = await parts.get();
    const [rate, kept] = [take("bytesPerSecond", 0), take("storedBytes", 0)];
    let bytes = 0;
    const job = await inTime(limits, (pace) =>
      jobFiles.startImport(
        who,
        header,
        chunksOf(messages, pace, (more) => {
          bytes += more;
          rate.correct(more);
        }),
        signal,
      ),
    );
    kept.correct(bytes);
    return job;
  };
}

async function headerOf(messages: AsyncIterator<UploadImportRequest>, limits: PaceLimits): Promise<StartJobRequest> {
  const first = await inTime(limits, () => messages.next());
  if (!first.done && first.value.part.case === "header") return first.value.part.value;
  throw invalidArgument("The first message of UploadImport must be its header.");
}

async function* chunksOf(
  messages: AsyncIterator<UploadImportRequest>,
  pace: ArrivalPace,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    pace.expect();
    const next = await messages.next();
    if (next.done) return;
    const { part } = next.value;
    if (part.case !== "chunk") throw invalidArgument("After the header only chunks may follow.");
    const bytes = part.value.byteLength;
    pace.arrived(bytes);
    onBytes(bytes);
    // Nothing is expected of the sender while the store takes it.
    pace.rest();
    yield part.value;
  }
}
