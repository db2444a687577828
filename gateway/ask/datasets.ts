import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type AddPictureHeaderSchema,
  type DatasetJob,
  type DatasetPicture,
  DatasetService,
  StartJobRequestSchema,
} from "../../proto/index.js";
import { requireScope } from "../../services/runtime/callers/access.js";
import { anyone } from "../../services/runtime/callers/principal.js";
import { type Quota, takeQuota } from "../../services/runtime/callers/quota.js";
import { toStarterLimits } from "../../services/runtime/callers/starter-limits.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Datasets } from "../peers/datasets.js";
import type { AskCall } from "./answer.js";
import { withDeadline } from "./deadline.js";

/** A file on its way, and how much of it there is. */
export interface ArrivingFile {
  readonly bytes: Readable;
  /** What its sender says of their number, where he does. */
  readonly announcedBytes: number;
  /** How many have come by now. */
  readonly arrivedBytes: () => number;
}

/** Contract: chunks of up to 1 MiB. */
const chunkBytes = 512 * 1024;

interface DatasetDoorOptions {
  deadlineMs: number;
  quota: Quota;
}

/**
 * The gateway's door to the tier of data sets: who asks needs the scope, and what he uploads counts against his limits. Where
 * there is no such tier, it says so.
 */
export class DatasetDoor {
  readonly #tier: Datasets | undefined;
  readonly #deadlineMs: number;
  readonly #quota: Quota;

  /** @param tier left out, there is none. */
  constructor(tier: Datasets | undefined, { deadlineMs, quota }: DatasetDoorOptions) {
    this.#tier = tier;
    this.#deadlineMs = deadlineMs;
    this.#quota = quota;
  }

  /** Before anything is read of what the call brings. @throws ServiceError PERMISSION_DENIED; UNIMPLEMENTED without a tier. */
  check(call: AskCall): void {
    this.#enter(call);
  }

  /** @throws ServiceError of the method; PERMISSION_DENIED; UNIMPLEMENTED without a tier. */
  async unary<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    call: AskCall,
  ): Promise<MessageShape<O>> {
    const tier = this.#enter(call);
    const whole = (method as DescMethod) === DatasetService.method.startJob ? started(request, call) : request;
    const ask = (_: unknown, inTime: AskCall) => tier.unary(method, whole, inTime);
    return withDeadline(this.#deadlineMs, ask)(undefined, call);
  }

  /** As long as it takes. @throws ServiceError as `unary`. */
  stream<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    call: AskCall,
  ): AsyncGenerator<MessageShape<O>> {
    return this.#enter(call).stream(method, request, call);
  }

  /** @param file left out, it is a picture that is stored already. @throws ServiceError as `unary`. */
  async addPicture(
    header: MessageInitShape<typeof AddPictureHeaderSchema>,
    file: ArrivingFile | undefined,
    call: AskCall,
  ): Promise<DatasetPicture> {
    const tier = this.#enter(call);
    const first = { part: { case: "header", value: header } } as const;
    const send = (chunks?: Readable) => tier.send(DatasetService.method.addPicture, messages(first, chunks), call);
    return file ? this.#counted(file, call, () => send(file.bytes)) : send();
  }

  /** @throws ServiceError as `unary`. */
  async uploadImport(
    request: MessageInitShape<typeof StartJobRequestSchema>,
    file: ArrivingFile,
    call: AskCall,
  ): Promise<DatasetJob> {
    const tier = this.#enter(call);
    const limits = toStarterLimits(call.principal ?? anyone);
    const header = create(StartJobRequestSchema, { ...request, limits } as typeof request);
    const first = { part: { case: "header", value: header } } as const;
    return this.#counted(file, call, () =>
      tier.send(DatasetService.method.uploadImport, messages(first, file.bytes), call),
    );
  }

  #enter({ principal }: AskCall): Datasets {
    requireScope(principal, "datasets");
    if (this.#tier) return this.#tier;
    const message =
      "There are no data sets here: whoever runs this service has to set MASKWIRE_DATASET_ADDRESS at its gateways.";
    throw new ServiceError({ code: Code.UNIMPLEMENTED, message });
  }

  /** Bytes that are announced are taken; what is not kept in the end is given back (Q1). */
  async #counted<T>(
    { bytes, announcedBytes, arrivedBytes }: ArrivingFile,
    { principal = anyone }: AskCall,
    work: () => Promise<T>,
  ): Promise<T> {
    let keptBytes = 0;
    try {
      const rate = takeQuota(this.#quota, principal, "bytesPerSecond", announcedBytes);
      try {
        const kept = takeQuota(this.#quota, principal, "storedBytes", announcedBytes);
        try {
          const answer = await work();
          keptBytes = arrivedBytes();
          return answer;
        } finally {
          kept.correct(keptBytes - announcedBytes);
        }
      } finally {
        rate.correct(arrivedBytes() - announcedBytes);
      }
    } finally {
      // Ends the sending too: after an early answer the rest is not wanted.
      bytes.destroy();
    }
  }
}

/** A job that is started once, however often it is asked for (R11), and counts against whoever starts it (Q1). */
function started<I extends DescMethod["input"]>(
  request: MessageInitShape<I>,
  { principal = anyone }: AskCall,
): MessageInitShape<I> {
  const { key } = request as { key?: string };
  return { ...request, key: key || randomUUID(), limits: toStarterLimits(principal) };
}

async function* messages<Header>(
  header: Header,
  bytes: Readable | undefined,
): AsyncGenerator<Header | { part: { case: "chunk"; value: Uint8Array } }> {
  yield header;
  for await (const piece of (bytes ?? []) as AsyncIterable<Uint8Array>) {
    for (let at = 0; at < piece.byteLength; at += chunkBytes) {
      yield { part: { case: "chunk", value: piece.subarray(at, at + chunkBytes) } };
    }
  }
}
