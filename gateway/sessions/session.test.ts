import { create, fromBinary, fromJsonString, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  ClientFrameSchema,
  CloseCode,
  EncodeReadySchema,
  EncodeStartedSchema,
  ErrorCode,
  type SegmentRequest,
  type SegmentResult,
  SegmentResultSchema,
  type ServerFrame,
  ServerFrameSchema,
} from "../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { EmbeddingMissingError } from "../peers/embedding-missing-error.js";
import type { EncodeProgress } from "../peers/encoders.js";
import { Session, type SessionDeps, type SessionSocket } from "./session.js";
import { fakeAsk } from "./testing/fake-ask.js";

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

class FakeSocket implements SessionSocket {
  isOpen = true;
  bufferedBytes = 0;
  readonly sent: (Uint8Array | string)[] = [];
  readonly closed: CloseCode[] = [];

  send(data: Uint8Array | string): void {
    this.sent.push(data);
  }

  close(code: CloseCode): void {
    this.closed.push(code);
  }

  get frames(): ServerFrame["frame"][] {
    return this.sent.map((data) =>
      typeof data === "string"
        ? fromJsonString(ServerFrameSchema, data).frame
        : fromBinary(ServerFrameSchema, data).frame,
    );
  }

  /** What the client hears, in a word or two. */
  get heard(): string[] {
    return this.frames.map(({ case: kind, value }) => {
      if (kind === "image") return `image ${value.event.case}`;
      if (kind === "segment") return `${value.outcome.case} ${value.sequence}`;
      return String(kind);
    });
  }
}

let socket: FakeSocket;
let encodes: Calls<string, typeof info>;
let decodes: Calls<SegmentRequest, SegmentResult>;
let clicks: string[];
let prepared: { imageId: string; signal: AbortSignal }[];
let lineClosed: number;
let logger: ReturnType<typeof fakeLogger>;
let session: Session;
let tellProgress: (progress: EncodeProgress) => void;

beforeEach(() => {
  socket = new FakeSocket();
  encodes = new Calls();
  decodes = new Calls();
  clicks = [];
  prepared = [];
  lineClosed = 0;
  logger = fakeLogger();
  session = new Session("id-1", socket, "binary", deps());
});

function deps(deadlineMs = 60_000, more: Partial<SessionDeps> = {}): SessionDeps {
  return {
    ...fakeAsk(
      {
        prepare: async ({ imageId: id }, { signal }) => void prepared.push({ imageId: id, signal }),
        encodeStored: (image, { signal, onProgress }) => {
          tellProgress = (progress) => onProgress?.(progress);
          return encodes.call(image.imageId, signal);
        },
        segment: (request, { signal }) => decodes.call(request, signal),
        onLineClosed: () => void lineClosed++,
      },
      { deadlineMs },
    ),
    logger,
    caller: { key: "somebody" },
    waiting: { hold: () => () => {} },
    onSlowReader: () => {},
    onDearFrame: () => {},
    limits: {
      maxWaitingClicks: 3,
      clickRetryMs: 200,
      maxImageBytes: 11,
      maxImagePixels: 22,
      pictureUrls: true,
      maxBufferedBytes: 1000,
      waitingMs: 60_000,
    },
    onClick: ({ outcome }) => clicks.push(outcome),
    ...more,
  };
}

type Frame = MessageInitShape<typeof ClientFrameSchema>["frame"];
const bytesOf = (frame: Frame) => toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame } as never));
const send = (frame: Frame, to = session) => to.receive(bytesOf(frame), "binary");
const openImage = (id = imageId) => send({ case: "openImage", value: { imageId: id } });
const click = (sequence: number, preview = false) =>
  send({ case: "segment", value: { sequence, preview, prompt: { points: [{ x: 1, y: 1 }] } } });
const text = (json: string) => session.receive(new TextEncoder().encode(json), "text");
/** Lets what was settled be heard. */
const settle = () => new Promise(setImmediate);

async function openReady(): Promise<void> {
  openImage();
  encodes.last.resolve(info);
  await settle();
}

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

describe("frames", () => {
  it("F2 begins with a welcome that carries the limits", () => {
    expect(socket.frames[0]).toMatchObject({
      case: "welcome",
      value: { sessionId: "id-1", maxImageBytes: 11, maxImagePixels: 22, maxWaitingClicks: 3, pictureUrls: true },
    });
  });

  it("F3 answers in the form of the client's latest frame", async () => {
    const open = create(ClientFrameSchema, { frame: { case: "openImage", value: { imageId } } });
    text(toJsonString(ClientFrameSchema, open));
    encodes.last.resolve(info);
    await settle();
    expect(typeof socket.sent[0]).not.toBe("string");
    expect(typeof socket.sent[1]).toBe("string");
    click(1);
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(socket.sent[2]).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ["no JSON", () => text("{"), /protobuf JSON/],
    ["an unknown field", () => text('{"nonsense": 1}'), /protobuf JSON/],
    ["bytes that are no UTF-8", () => session.receive(Uint8Array.of(0xff, 0xfe), "text"), /protobuf JSON/],
    ["no protobuf", () => session.receive(Uint8Array.of(0xff), "binary"), /in protobuf/],
    ["no message", () => session.receive(new Uint8Array(0), "binary"), /no message/],
    ["no message in JSON", () => text("{}"), /no message/],
  ])("F4 answers %s with INVALID_ARGUMENT and goes on", (_name, receive, message) => {
    receive();
    expect(socket.frames[1]).toMatchObject({
      case: "error",
      value: { code: ErrorCode.INVALID_ARGUMENT, message: expect.stringMatching(message) },
    });
    openImage();
    expect(encodes.all.length).toBe(1);
    expect(logger.lines).toEqual([]);
  });

  it("F5 closes after ten unreadable frames in a row, and not before", () => {
    for (let count = 0; count < 9; count++) text("{");
    openImage();
    for (let count = 0; count < 9; count++) text("{");
    expect(socket.closed).toEqual([]);
    text("{");
    expect(socket.closed).toEqual([CloseCode.BAD_FRAMES]);
  });

  it("I5 refuses an image id of another form and leaves the session as it was", async () => {
    await openReady();
    openImage("sha256:short");
    expect(socket.frames.at(-1)).toMatchObject({ case: "error", value: { code: ErrorCode.INVALID_ARGUMENT } });
    click(1);
    expect(decodes.all.length).toBe(1);
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
    expect(socket.heard).toEqual(["welcome", "image ready", "result 1", "result 2"]);
    expect(clicks).toEqual(["answered", "answered"]);
  });

  it("I1 cancels what is under way for the one before and hears no more of it", async () => {
    openImage();
    const first = encodes.last;
    click(1);
    openImage(`sha256:${"b".repeat(64)}`);
    expect(first.signal.aborted).toBe(true);
    await settle();
    expect(socket.heard).toEqual(["welcome", "error 1"]);
    expect(lineClosed).toBeGreaterThan(0);
  });

  it("I3 is missing when nobody has it, I4 failed with the reason otherwise", async () => {
    openImage();
    encodes.last.reject(new ServiceError({ code: Code.NOT_FOUND, message: "Not stored." }));
    await settle();
    openImage();
    encodes.last.reject(overloaded("Too many.", 700));
    await settle();
    expect(socket.heard).toEqual(["welcome", "image missing", "image failed"]);
    expect(socket.frames.at(-1)).toMatchObject({
      value: { event: { value: { message: "Too many.", retryAfterMs: 700 } } },
    });
  });
});

describe("what waits", () => {
  it("C9 ends a click whose picture nobody uploads, says what it waited for, and keeps no other from its answer", async () => {
    session = new Session("id-2", socket, "binary", {
      ...deps(),
      limits: { ...deps().limits, waitingMs: 20 },
    });
    openImage();
    click(1);
    encodes.last.reject(new ServiceError({ code: Code.NOT_FOUND, message: "Not stored." }));
    await vi.waitFor(() => expect(socket.heard).toContain("error 1"));
    const answer = socket.frames.findLast(({ case: kind }) => kind === "segment");
    expect(answer).toMatchObject({
      value: {
        outcome: {
          value: { code: ErrorCode.DEADLINE_EXCEEDED, message: expect.stringContaining("nobody has uploaded") },
        },
      },
    });
    expect(socket.heard.filter((one) => one.endsWith(" 1"))).toHaveLength(1);
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
    session = new Session("id-2", socket, "binary", deps(60_000, { waiting }));
    openImage();
    encodes.last.resolve(info);
    await settle();
    click(1);
    click(2);
    click(3);
    expect(socket.heard.at(-1)).toBe("error 3");
    expect(socket.frames.at(-1)).toMatchObject({
      value: { outcome: { value: { code: ErrorCode.RESOURCE_EXHAUSTED, retryAfterMs: 70 } } },
    });
    decodes.last.resolve(create(SegmentResultSchema, {}));
    await settle();
    expect([socket.heard.at(-1), room]).toEqual(["result 1", 1]);
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
    expect(socket.heard.slice(-2)).toEqual(["error 1", "result 2"]);
    expect(clicks).toEqual(["answered"]);
  });

  it("P2 whose answer comes in the very moment of the click is not the click's", async () => {
    await openReady();
    click(1, true);
    // Settled before the click comes, and heard after it.
    decodes.last.resolve(create(SegmentResultSchema));
    click(2);
    await settle();
    expect(socket.heard.slice(-1)).toEqual(["error 1"]);
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(socket.heard.at(-1)).toBe("result 2");
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
    expect(socket.heard.slice(-2)).toEqual(["image encoding", "image ready"]);
    expect(decodes.all.length).toBe(2);
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(socket.heard.at(-1)).toBe("result 1");
    click(2);
    decodes.last.reject(missing);
    await settle();
    encodes.last.reject(notFound);
    await settle();
    expect(socket.heard.at(-1)).toBe("image missing");
    await openReady();
    decodes.last.resolve(create(SegmentResultSchema));
    await settle();
    expect(socket.heard.at(-1)).toBe("result 2");
  });

  it("R4 passes overload on with its hint; a bug stays inside and goes to the log", async () => {
    await openReady();
    click(1);
    decodes.last.reject(overloaded("Full.", 70));
    await settle();
    expect(socket.frames.at(-1)).toMatchObject({
      value: { outcome: { value: { message: "Full.", retryAfterMs: 70 } } },
    });
    click(2);
    decodes.last.reject(new TypeError("secret"));
    await settle();
    expect(JSON.stringify(socket.frames.at(-1))).not.toContain("secret");
    expect(JSON.stringify(logger.lines)).toContain("secret");
  });

  it("R5 ends a click at the deadline", async () => {
    const late = new Session("id-2", socket, "binary", deps(1));
    send({ case: "openImage", value: { imageId } }, late);
    while (socket.heard.at(-1) !== "image failed") await settle();
    expect(encodes.last.signal.reason).toMatchObject({ name: "TimeoutError" });
  });
});

describe("ends", () => {
  it("B1 closes a session whose answers are not read", () => {
    socket.bufferedBytes = 1001;
    click(1);
    expect(socket.closed).toEqual([CloseCode.SLOW_READER]);
  });

  it("B5 cancels what is under way when the client leaves, and sends nothing more", async () => {
    await openReady();
    click(1);
    const heard = socket.heard.length;
    socket.isOpen = false;
    session.disconnected();
    expect(decodes.last.signal.aborted).toBe(true);
    await settle();
    click(2);
    expect(socket.heard.length).toBe(heard);
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
