import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { beforeEach, expect, it } from "vitest";
import {
  type ClientFrameSchema,
  EncodeReadySchema,
  ErrorCode,
  type SegmentEverythingEvent,
  SegmentEverythingEventSchema,
  type SegmentEverythingRequest,
  type ServerFrame,
  ServerFrameSchema,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { EmbeddingMissingError } from "../peers/embedding-missing-error.js";
import { Session } from "./session.js";
import { message, sessionDeps } from "./testing/session-deps.js";

const imageId = `sha256:${"a".repeat(64)}`;
const otherId = `sha256:${"b".repeat(64)}`;
const info = create(EncodeReadySchema, { image: { imageId, width: 4, height: 3 } });
const missing = () => new EmbeddingMissingError({} as RpcClient, notFound());
const notFound = () => new ServiceError({ code: Code.NOT_FOUND, message: "Not stored." });
const { signal: never } = new AbortController();

type EventInit = MessageInitShape<typeof SegmentEverythingEventSchema>["event"];
const progress: EventInit = { case: "progress", value: { pointsDone: 1, pointsTotal: 2 } };
const done: EventInit = { case: "done", value: { points: 2 } };

/** A decoder's call, which the test feeds. */
class Call {
  readonly request: SegmentEverythingRequest;
  readonly signal: AbortSignal;
  readonly #steps: (() => SegmentEverythingEvent)[] = [];
  #wake: () => void = () => {};

  constructor(request: SegmentEverythingRequest, signal: AbortSignal) {
    this.request = request;
    this.signal = signal;
    signal.addEventListener("abort", () => this.#wake());
  }

  send(event: EventInit): void {
    this.#push(() => create(SegmentEverythingEventSchema, { event } as never));
  }

  fail(error: unknown): void {
    this.#push(() => {
      throw error;
    });
  }

  async *events(): AsyncGenerator<SegmentEverythingEvent> {
    for (;;) {
      const step = this.#steps.shift();
      if (step) yield step();
      else if (this.signal.aborted) throw new ServiceError({ code: Code.CANCELLED, message: "Cancelled." });
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  #push(step: () => SegmentEverythingEvent): void {
    this.#steps.push(step);
    this.#wake();
  }
}

let calls: Call[];
let heard: string[];
let failures: { code: ErrorCode; message: string; retryAfterMs?: number | undefined }[];
let encode: () => Promise<typeof info>;
let logger: ReturnType<typeof fakeLogger>;
let session: Session;

beforeEach(() => {
  [calls, heard, failures] = [[], [], []];
  encode = async () => info;
  logger = fakeLogger();
  const deps = sessionDeps({
    encodeStored: () => encode(),
    everything: (request, { signal }) => {
      calls.push(new Call(request, signal));
      return lastCall().events();
    },
  });
  session = new Session(
    "id",
    { send: (frame) => hear(create(ServerFrameSchema, { frame })), caughtUp: () => undefined },
    { ...deps, logger },
  );
});

function hear({ frame }: ServerFrame): void {
  if (frame.case === "image") heard.push(`image ${frame.value.event.case}`);
  else if (frame.case === "everything") heard.push(String(frame.value.event.case));
  else if (frame.case === "everythingFailed") {
    heard.push(`failed ${ErrorCode[frame.value.code]}`);
    failures.push(frame.value);
  }
}

function lastCall(): Call {
  const call = calls.at(-1);
  if (!call) throw new Error("the decoder was not asked");
  return call;
}

const settle = () => new Promise(setImmediate);
async function send(frame: MessageInitShape<typeof ClientFrameSchema>["frame"]): Promise<void> {
  session.take(message(frame), 0);
  await settle();
}
const open = (id = imageId) => send({ case: "openImage", value: { imageId: id } });
const everything = (value: { imageId?: string } = {}) => send({ case: "everything", value });
const cancel = () => send({ case: "cancelEverything", value: {} });

async function begin(): Promise<Call> {
  await open();
  await everything();
  heard.length = 0;
  lastCall().send(progress);
  await settle();
  return lastCall();
}

it("E3 ends with done, once: what becomes of the call after it is not told", async () => {
  const call = await begin();
  call.send(done);
  call.fail(new ServiceError({ code: Code.UNAVAILABLE, message: "Lost." }));
  await settle();
  await cancel();
  expect(heard).toEqual(["progress", "done"]);
});

it("E3 cancel_everything ends it CANCELLED, once, and stops the decoder; with none under way it means nothing", async () => {
  const call = await begin();
  await cancel();
  await cancel();
  expect(call.signal.aborted).toBe(true);
  expect(heard).toEqual(["progress", "failed CANCELLED"]);
  await everything();
  lastCall().send(done);
  await settle();
  expect(heard.slice(2)).toEqual(["done"]);
});

it("E3 tells nothing of one that was cancelled but its end, whatever had arrived", async () => {
  const call = await begin();
  for (let i = 0; i < 5; i++) call.send(progress);
  call.send(done);
  await cancel();
  expect(heard).toEqual(["progress", "failed CANCELLED"]);
});

it("E3 a newer one ends the one under way, and that end is told first, also when the newer one is refused", async () => {
  const first = await begin();
  await everything();
  expect(first.signal.aborted).toBe(true);
  lastCall().send(progress);
  await settle();
  expect(heard).toEqual(["progress", "failed CANCELLED", "progress"]);
  await everything({ imageId: otherId });
  expect(heard.slice(3)).toEqual(["failed CANCELLED", "failed FAILED_PRECONDITION"]);
  // The refused one left nothing behind.
  await session.idle(never);
});

it("E5, R2 has the picture encoded again when no decoder has its embedding, and repeats", async () => {
  await open();
  await everything();
  lastCall().fail(missing());
  await settle();
  expect(calls).toHaveLength(2);
  lastCall().send(done);
  await settle();
  expect(heard).toEqual(["image ready", "done"]);
});

it("E5, R3 says `missing` when the picture is stored nowhere, and works again after the upload", async () => {
  await open();
  encode = () => Promise.reject(notFound());
  await everything();
  lastCall().fail(missing());
  await settle();
  expect(heard).toEqual(["image ready", "image missing", "failed NOT_FOUND"]);
  encode = async () => info;
  await open();
  await everything();
  lastCall().send(done);
  await settle();
  expect(heard.slice(3)).toEqual(["image ready", "done"]);
});

it("E5 passes on why it ended, and keeps a bug inside", async () => {
  const call = await begin();
  call.fail(new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", retryAfterMs: 70 }));
  await settle();
  expect(failures.at(-1)).toMatchObject({ code: ErrorCode.UNAVAILABLE, message: "Lost.", retryAfterMs: 70 });
  await everything();
  lastCall().fail(new TypeError("secret"));
  await settle();
  expect(failures.at(-1)?.code).toBe(ErrorCode.INTERNAL);
  expect(JSON.stringify(failures)).not.toContain("secret");
  expect(JSON.stringify(logger.lines)).toContain("secret");
});

it("B4 is idle only when it has ended", async () => {
  const call = await begin();
  let idle = false;
  const waiting = session.idle(never).then(() => {
    idle = true;
  });
  await settle();
  expect(idle).toBe(false);
  call.send(done);
  await waiting;
  expect(heard.at(-1)).toBe("done");
});

it("B5 stops the decoder when the client leaves", async () => {
  const call = await begin();
  session.disconnected();
  expect(call.signal.aborted).toBe(true);
  await settle();
  expect(logger.lines).toEqual([]);
});
