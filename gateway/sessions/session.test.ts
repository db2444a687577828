import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  EncodeDraftSchema,
  EncodeReadySchema,
  EncodeStartedSchema,
  ErrorCode,
  type SegmentRequest,
  type SegmentResult,
  SegmentResultSchema,
} from "../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { EmbeddingMissingError } from "../peers/embedding-missing-error.js";
import type { EncodeProgress } from "../peers/encoders.js";
import { Session, type SessionDeps } from "./session.js";
import { Ear, message, sessionDeps } from "./testing/session-deps.js";

const imageId = `sha256:${"a".repeat(64)}`;
const info = create(EncodeReadySchema, { image: { imageId, width: 4, height: 3 } });

/** A promise for each call, which the test settles. */
class Calls<A, T> {
  readonly all: { args: A; signal: AbortSignal; resolve: (value: T) => void; reject: (error: unknown) => void }[] = [];

  call(args: A, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      this.all.push({ args, signal, resolve, reject });
    });
  }

  get last() {
    const last = this.all.at(-1);
    if (!last) throw new Error("nothing was called");
    return last;
  }
}

let ear: Ear;
let encodes: Calls<string, typeof info>;
let decodes: Calls<SegmentRequest, SegmentResult>;
let clicks: string[];
let asked: object[];
let prepared: { imageId: string; signal: AbortSignal }[];
let lineClosed: number;
let logger: ReturnType<typeof fakeLogger>;
let session: Session;
let tellProgress: (progress: EncodeProgress) => void;

beforeEach(() => {
  ear = new Ear();
  encodes = new Calls();
  decodes = new Calls();
  clicks = [];
  asked = [];
  prepared = [];
  lineClosed = 0;
  logger = fakeLogger();
  session = new Session("id-1", ear, deps());
});

function deps(deadlineMs = 60_000): SessionDeps {
  const played = sessionDeps(
    {
      prepare: async ({ imageId: id }, { signal }) => void prepared.push({ imageId: id, signal }),
      encodeStored: (image, { signal, onProgress }) => {
        tellProgress = (progress) => onProgress?.(progress);
        asked.push(image);
        return encodes.call(image.imageId, signal);
      },
      segment: (request, { signal }) => decodes.call(request, signal),
      onLineClosed: () => void lineClosed++,
    },
    { deadlineMs },
  );
  return { ...played, logger, onClick: ({ outcome }) => clicks.push(outcome) };
}

const openImage = (id = imageId, to = session) => to.take(message({ case: "openImage", value: { imageId: id } }), 0);
const click = (sequence: number, preview = false) =>
  session.take(message({ case: "segment", value: { sequence, preview, prompt: { points: [{ x: 1, y: 1 }] } } }), 0);
/** Lets what was settled be heard. */
const settle = () => new Promise(setImmediate);

async function openReady(): Promise<void> {
  openImage();
  encodes.last.resolve(info);
  await settle();
}

it("F2 begins with a welcome that carries the limits", () => {
  expect(ear.frames).toMatchObject([
    {
      case: "welcome",
      value: { sessionId: "id-1", maxImageBytes: 11, maxImagePixels: 22, maxWaitingClicks: 3, pictureUrls: true },
    },
  ]);
});

it("I5 refuses an image id of another form and leaves the session as it was", async () => {
  await openReady();
  expect(() => openImage("sha256:short")).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT }));
  click(1);
  expect(decodes.all.length).toBe(1);
});

describe("I7 a ready picture", () => {
  it("is made ready at its decoder too, until another is opened", async () => {
    await openReady();
    expect(prepared).toMatchObject([{ imageId, signal: { aborted: false } }]);
    openImage(`sha256:${"b".repeat(64)}`);
    expect(prepared).toMatchObject([{ signal: { aborted: true } }]);
  });

  it("is not when a click waits, which does it", async () => {
    openImage();
    click(1);
    encodes.last.resolve(info);
    await settle();
    expect(decodes.last).toBeDefined();
    expect(prepared).toEqual([]);
  });
});

describe("the open image", () => {
  it("C3 answers clicks in order once it is ready", async () => {
    openImage();
    click(1);
    click(2);
    encodes.last.resolve(info);
    await settle();
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(ear.heard).toEqual(["welcome", "image ready", "result 1", "result 2"]);
    expect(clicks).toEqual(["answered", "answered"]);
  });

  it("V3 tells of a draft who understands it, answers from that, counts the click with its own answer", async () => {
    session.take(message({ case: "openImage", value: { imageId, drafts: true } }), 0);
    click(1);
    tellProgress({ case: "draft", value: create(EncodeDraftSchema, { image: { imageId, width: 4, height: 3 } }) });
    decodes.last.resolve(create(SegmentResultSchema, { draft: true }));
    await settle();
    expect(ear.heard).toEqual(["welcome", "image draft", "result 1"]);
    expect(ear.frames.at(-2)).toMatchObject({ value: { event: { value: { image: { width: 4, height: 3 } } } } });
    expect(clicks).toEqual([]);
    encodes.last.resolve(info);
    await settle();
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(ear.heard.slice(3)).toEqual(["image ready", "result 1"]);
    expect(clicks).toEqual(["answered"]);
    expect(asked).toMatchObject([{ drafts: true }]);
  });

  it("I1 cancels what is under way for the one before and hears no more of it", async () => {
    openImage();
    const first = encodes.last;
    click(1);
    openImage(`sha256:${"b".repeat(64)}`);
    expect(first.signal.aborted).toBe(true);
    await settle();
    expect(ear.heard).toEqual(["welcome", "error 1"]);
    expect(lineClosed).toBeGreaterThan(0);
  });

  it("I3 is missing when nobody has it, I4 failed with the reason otherwise", async () => {
    openImage();
    encodes.last.reject(new ServiceError({ code: Code.NOT_FOUND, message: "Not stored." }));
    await settle();
    openImage();
    encodes.last.reject(overloaded("Too many.", 700));
    await settle();
    expect(ear.heard).toEqual(["welcome", "image missing", "image failed"]);
    expect(ear.frames.at(-1)).toMatchObject({
      value: { event: { value: { message: "Too many.", retryAfterMs: 700 } } },
    });
  });
});

describe("what waits", () => {
  it("C9 ends a click whose picture nobody uploads, says what it waited for, and keeps no other from its answer", async () => {
    session = new Session("id-2", ear, {
      ...deps(),
      limits: { ...deps().limits, waitingMs: 20 },
    });
    openImage();
    click(1);
    encodes.last.reject(new ServiceError({ code: Code.NOT_FOUND, message: "Not stored." }));
    await vi.waitFor(() => expect(ear.heard).toContain("error 1"));
    const answer = ear.frames.findLast(({ case: kind }) => kind === "segment");
    expect(answer).toMatchObject({
      value: {
        outcome: {
          value: { code: ErrorCode.DEADLINE_EXCEEDED, message: expect.stringContaining("nobody has uploaded") },
        },
      },
    });
    expect(ear.heard.filter((one) => one.endsWith(" 1"))).toHaveLength(1);
  });

  it("C10 refuses at the door what finds no room, and gives back what was answered or left", async () => {
    let room = 2;
    const waiting = {
      hold: () => {
        if (room === 0) throw overloaded("No room.", 70);
        room--;
        return () => void room++;
      },
    };
    session = new Session("id-2", ear, { ...deps(), waiting });
    openImage();
    encodes.last.resolve(info);
    await settle();
    click(1);
    click(2);
    click(3);
    expect(ear.heard.at(-1)).toBe("error 3");
    expect(ear.frames.at(-1)).toMatchObject({
      value: { outcome: { value: { code: ErrorCode.RESOURCE_EXHAUSTED, retryAfterMs: 70 } } },
    });
    decodes.last.resolve(create(SegmentResultSchema, {}));
    await settle();
    expect([ear.heard.at(-1), room]).toEqual(["result 1", 1]);
    session.disconnected();
    expect(room).toBe(2);
  });
});

describe("a preview at the decoder", () => {
  it("P2 is given up when a click comes, and nothing of it is heard any more", async () => {
    await openReady();
    click(1, true);
    const preview = decodes.last;
    click(2);
    expect(preview.signal.aborted).toBe(true);
    expect(decodes.last).toMatchObject({ args: { sequence: 2 }, signal: { aborted: false } });
    preview.resolve(create(SegmentResultSchema));
    await settle();
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(ear.heard.slice(-2)).toEqual(["error 1", "result 2"]);
    expect(clicks).toEqual(["answered"]);
  });

  it("P2 whose answer comes in the very moment of the click is not the click's", async () => {
    await openReady();
    click(1, true);
    // Settled before the click comes, and heard after it.
    decodes.last.resolve(create(SegmentResultSchema));
    click(2);
    await settle();
    expect(ear.heard.slice(-1)).toEqual(["error 1"]);
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(ear.heard.at(-1)).toBe("result 2");
  });
});

describe("recovery", () => {
  it("R2 has the picture encoded again and repeats the click, R3 waits for the upload", async () => {
    await openReady();
    click(1);
    const notFound = new ServiceError({ code: Code.NOT_FOUND, message: "No embedding." });
    const missing = new EmbeddingMissingError({} as RpcClient, notFound);
    decodes.last.reject(missing);
    await settle();
    tellProgress({ case: "encoding", value: create(EncodeStartedSchema) });
    encodes.last.resolve(info);
    await settle();
    expect(ear.heard.slice(-2)).toEqual(["image encoding", "image ready"]);
    expect(decodes.all.length).toBe(2);
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(ear.heard.at(-1)).toBe("result 1");
    click(2);
    decodes.last.reject(missing);
    await settle();
    encodes.last.reject(notFound);
    await settle();
    expect(ear.heard.at(-1)).toBe("image missing");
    await openReady();
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(ear.heard.at(-1)).toBe("result 2");
  });

  it("R4 passes overload on with its hint; a bug stays inside and goes to the log", async () => {
    await openReady();
    click(1);
    decodes.last.reject(overloaded("Full.", 70));
    await settle();
    expect(ear.frames.at(-1)).toMatchObject({
      value: { outcome: { value: { message: "Full.", retryAfterMs: 70 } } },
    });
    click(2);
    decodes.last.reject(new TypeError("secret"));
    await settle();
    expect(JSON.stringify(ear.frames.at(-1))).not.toContain("secret");
    expect(JSON.stringify(logger.lines)).toContain("secret");
  });

  it("R5 ends a click at the deadline", async () => {
    const late = new Session("id-2", ear, deps(1));
    openImage(imageId, late);
    while (ear.heard.at(-1) !== "image failed") await settle();
    expect(encodes.last.signal.reason).toMatchObject({ name: "TimeoutError" });
  });
});

describe("ends", () => {
  it("B5 cancels what is under way when the client leaves, and sends nothing more", async () => {
    await openReady();
    click(1);
    const heard = ear.heard.length;
    session.disconnected();
    expect(decodes.last.signal.aborted).toBe(true);
    await settle();
    click(2);
    expect(ear.heard.length).toBe(heard);
    expect(logger.lines).toEqual([]);
  });

  it("B4 is idle when every click is answered, when the client leaves and when the time is over", async () => {
    const never = new AbortController().signal;
    await session.idle(never);
    await openReady();
    click(1);
    await session.idle(AbortSignal.abort());
    let idle = 0;
    const first = session.idle(never).then(() => idle++);
    await settle();
    expect(idle).toBe(0);
    decodes.last.resolve(create(SegmentResultSchema));
    await first;
    click(2);
    const second = session.idle(never);
    session.disconnected();
    await second;
  });
});
