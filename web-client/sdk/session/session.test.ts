import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type ClientFrame,
  ClientFrameSchema,
  CloseCode,
  ErrorCode,
  type SegmentResult,
  ServerFrameSchema,
} from "../../../proto/index.js";
import type { Answered } from "./clicks.js";
import type { Phase } from "./phase.js";
import { noPrompts, type Prompts } from "./prompts.js";
import type { Finding } from "./searches.js";
import { Session } from "./session.js";
import type { SocketPort } from "./socket.js";

const imageId = `sha256:${"ab".repeat(32)}`;
const image = { imageId, width: 40, height: 20 };

type Frame = NonNullable<MessageInitShape<typeof ServerFrameSchema>["frame"]>;

/** A gateway's end of a connection that the test speaks for. */
class FakeSocket implements SocketPort {
  binaryType = "";
  readyState = 1;
  readonly heard: ClientFrame["frame"][] = [];
  readonly #listeners = new Map<string, (event: never) => void>();

  send(data: Uint8Array<ArrayBuffer>): void {
    this.heard.push(fromBinary(ClientFrameSchema, data).frame);
  }

  close(): void {
    this.readyState = 3;
  }

  addEventListener(type: "message" | "close", listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }

  say(frame: Frame): void {
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame }));
    this.#listeners.get("message")?.({ data: bytes.slice().buffer } as never);
  }

  end(code: number): void {
    this.#listeners.get("close")?.({ code } as never);
  }

  /** Cases of what it was asked, clicks by their numbers. */
  get asked(): string[] {
    return this.heard.map(({ case: name, value }) => (name === "segment" ? `segment ${value.sequence}` : String(name)));
  }
}

const welcome: Frame = { case: "welcome", value: { maxWaitingClicks: 2 } };
const say = {
  ready: { case: "image", value: { imageId, event: { case: "ready", value: { image } } } },
  missing: { case: "image", value: { imageId, event: { case: "missing", value: {} } } },
  encoding: { case: "image", value: { imageId, event: { case: "encoding", value: {} } } },
  draft: { case: "image", value: { imageId, event: { case: "draft", value: { image } } } },
} as const satisfies Record<string, Frame>;

const answer = (sequence: number, area = sequence, draft = false): Frame => ({
  case: "segment",
  value: { sequence, outcome: { case: "result", value: { imageId, draft, masks: [{ area }] } } },
});
const refusal = (sequence: number, code: ErrorCode, retryAfterMs?: number): Frame => ({
  case: "segment",
  value: {
    sequence,
    outcome: {
      case: "error",
      value: { code, message: "It was refused.", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    },
  },
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const point = (x: number): Prompts => ({ ...noPrompts, points: [{ x, y: 5, label: 1 }] });

function open({ file }: { file?: Blob } = {}) {
  const sockets: FakeSocket[] = [];
  const phases: Phase["kind"][] = [];
  const refused: Error[] = [];
  const session = new Session({
    gateway: { at: (path) => `http://gateway/${path}`, headers: () => ({}) },
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    picture: { imageId, model: undefined, file },
    onPhase: ({ kind }) => phases.push(kind),
    onRefused: (reason) => refused.push(reason),
  });
  const last = () => sockets.at(-1) as FakeSocket;
  const click = (x = 1, signal?: AbortSignal) => session.click(point(x), { signal, formats: [] });
  return { session, sockets, phases, refused, last, click };
}

/** With a picture that is ready. */
function opened() {
  const all = open();
  all.last().say(welcome);
  all.last().say(say.ready);
  return all;
}

const areasOf = ({ masks }: SegmentResult) => masks.map(({ area }) => area);
const areas = ({ result }: Answered) => areasOf(result);

describe("a session", () => {
  it("opens its picture, keeps clicks until then, and no more under way than the gateway takes", async () => {
    const { last, click, phases, session } = open();
    const answers = [click(1), click(2), click(3)].map(({ answer: promise }) => promise);
    expect(last().asked).toEqual([]);
    last().say(welcome);
    expect(last().asked).toEqual(["openImage", "segment 1", "segment 2"]);
    last().say(say.encoding);
    last().say(say.ready);
    last().say(answer(1));
    expect(last().asked.at(-1)).toBe("segment 3");
    last().say(answer(2));
    last().say(answer(3));
    expect((await Promise.all(answers)).map(areas)).toEqual([[1], [2], [3]]);
    expect(phases).toEqual(["encoding", "ready"]);
    session.close(undefined);
  });

  it("S1: tells the next connection of the picture and of what waits, in its order", async () => {
    const { last, click, sockets, session } = opened();
    const first = click(1).answer;
    last().say(answer(1));
    await first;
    const waiting = [click(2), click(3)].map(({ answer: promise }) => promise);
    last().end(CloseCode.GOING_AWAY);
    vi.advanceTimersByTime(200);
    expect(sockets.length).toBe(2);
    last().say(welcome);
    expect(last().asked).toEqual(["openImage", "segment 2", "segment 3"]);
    last().say(say.ready);
    last().say(answer(2));
    last().say(answer(3));
    expect((await Promise.all(waiting)).map(areas)).toEqual([[2], [3]]);
    session.close(undefined);
  });

  it("gives a connection up that owes an answer and says nothing, and is more patient with the next", () => {
    const { last, click, sockets, session } = opened();
    click().answer.catch(() => {});
    vi.advanceTimersByTime(10_500);
    expect(sockets.length).toBe(2);
    last().say(welcome);
    last().say(say.ready);
    vi.advanceTimersByTime(15_000);
    expect(sockets.length).toBe(2);
    vi.advanceTimersByTime(10_000);
    expect(sockets.length).toBe(3);
    session.close(undefined);
  });

  it("stays asleep after an idle close until something is asked", () => {
    const { last, click, sockets, session } = opened();
    last().end(CloseCode.IDLE);
    vi.advanceTimersByTime(600_000);
    expect(sockets.length).toBe(1);
    click().answer.catch(() => {});
    expect(sockets.length).toBe(2);
    session.close(undefined);
  });

  it("ends with a sentence where the gateway does not understand it, and tells all who wait", async () => {
    const { last, click, refused } = opened();
    const waiting = click().answer;
    last().end(CloseCode.BAD_FRAMES);
    await expect(waiting).rejects.toThrow("do not understand each other");
    expect(refused).toMatchObject([{ code: "FAILED_PRECONDITION" }]);
    await expect(click().answer).rejects.toBe(refused[0]);
  });
});

describe("a click", () => {
  it("is sent again when the gateway said when, and refused for good otherwise", async () => {
    const { last, click, session } = opened();
    const waiting = click().answer;
    last().say(refusal(1, ErrorCode.RESOURCE_EXHAUSTED, 700));
    vi.advanceTimersByTime(600);
    expect(last().asked.at(-1)).toBe("segment 1");
    expect(last().asked.length).toBe(2);
    vi.advanceTimersByTime(200);
    expect(last().asked.length).toBe(3);
    last().say(refusal(1, ErrorCode.INVALID_ARGUMENT));
    await expect(waiting).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message: "It was refused." });
    session.close(undefined);
  });

  it("goes without its start where nothing leads to that", () => {
    const { session, last } = opened();
    const from = { sequence: 9, mask: 0, prompts: point(1) };
    session.click({ ...point(2), from }, { formats: [] }).answer.catch(() => {});
    last().say(refusal(1, ErrorCode.FAILED_PRECONDITION));
    vi.advanceTimersByTime(1);
    const starts = last().heard.flatMap(({ case: name, value }) =>
      name === "segment" ? [value.prompt?.mask?.source.case] : [],
    );
    expect(starts).toEqual(["previous", undefined]);
    session.close(undefined);
  });

  it("rejects with its signal's reason, whatever is answered then", async () => {
    const { last, click, session } = opened();
    const ending = new AbortController();
    const waiting = click(1, ending.signal).answer;
    ending.abort(new Error("changed my mind"));
    await expect(waiting).rejects.toThrow("changed my mind");
    last().say(answer(1));
    const gone = click(1, AbortSignal.abort(new Error("never"))).answer;
    await expect(gone).rejects.toThrow("never");
    expect(last().asked).toEqual(["openImage", "segment 1"]);
    session.close(undefined);
  });

  it("hears a draft before its own answer", async () => {
    const { session, last } = open();
    const drafts: number[][] = [];
    const waiting = session.click(point(1), { formats: [], onDraft: (result) => drafts.push(areasOf(result)) }).answer;
    last().say(welcome);
    last().say(say.draft);
    last().say(answer(1, 7, true));
    last().say(say.ready);
    last().say(answer(1, 8));
    expect([areas(await waiting), drafts]).toEqual([[8], [[7]]]);
    session.close(undefined);
  });
});

describe("hovering", () => {
  const hover = ({ session }: ReturnType<typeof open>, x: number) => session.hover({ x, y: 1 }, undefined);

  it("shows the latest: who asked before hears nothing, nor who is overtaken by a click", async () => {
    const all = opened();
    const shown = [hover(all, 1), hover(all, 2), hover(all, 3)];
    all.last().say(refusal(1, ErrorCode.CANCELLED));
    all.last().say(answer(3));
    all.last().say(answer(2));
    expect((await Promise.all(shown)).map((mask) => mask?.area)).toEqual([undefined, undefined, 3]);
    const overtaken = hover(all, 4);
    all.click().answer.catch(() => {});
    expect(await overtaken).toBeUndefined();
    all.session.close(undefined);
  });

  it("is answered by nothing before the picture is there, and of more than may be on their way by the last", async () => {
    const early = open();
    expect(await hover(early, 1)).toBeUndefined();
    early.session.close(undefined);
    const all = opened();
    const many = Array.from({ length: 11 }, (_, x) => hover(all, x));
    expect(all.last().asked.length).toBe(1 + 8);
    all.last().say(answer(8));
    expect(all.last().asked.length).toBe(1 + 9);
    all.last().say(answer(9));
    const shown = (await Promise.all(many)).map((mask) => mask?.area);
    expect(shown).toEqual([...Array(7).fill(undefined), 8, undefined, undefined, 9]);
    all.session.close(undefined);
  });
});

describe("everything mode", () => {
  const found = (id: number): Frame => ({ case: "everything", value: { event: { case: "found", value: { id } } } });
  const done: Frame = { case: "everything", value: { event: { case: "done", value: { masks: 1 } } } };

  const reader = (session: Session, signal?: AbortSignal) => {
    const read: Finding["case"][] = [];
    const reading = (async () => {
      for await (const finding of session.everything({ pointsPerSide: 8 }, signal)) read.push(finding.case);
    })();
    return { read, reading };
  };

  it("is read as it is found, and one after the other", async () => {
    const { session, last } = opened();
    const first = reader(session);
    const second = reader(session);
    await vi.advanceTimersByTimeAsync(0);
    expect(last().asked).toEqual(["openImage", "everything"]);
    last().say(found(1));
    last().say(done);
    await first.reading;
    expect(last().asked.length).toBe(3);
    last().say(done);
    await second.reading;
    expect([first.read, second.read]).toEqual([["found", "done"], ["done"]]);
    session.close(undefined);
  });

  it("ends at the service when its reader leaves or its signal says so", async () => {
    const { session, last } = opened();
    const reading = session.everything({}, undefined);
    const first = reading.next();
    last().say(found(1));
    await first;
    await reading.return();
    expect(last().asked.at(-1)).toBe("cancelEverything");
    last().say({ case: "everythingFailed", value: { code: ErrorCode.CANCELLED } });
    const ending = new AbortController();
    const aborted = reader(session, ending.signal);
    await vi.advanceTimersByTimeAsync(0);
    ending.abort(new Error("enough"));
    await expect(aborted.reading).rejects.toThrow("enough");
    expect(last().asked.slice(-2)).toEqual(["everything", "cancelEverything"]);
    session.close(undefined);
  });

  it("is lost with its connection, and says so", async () => {
    const { session, last } = opened();
    const { reading } = reader(session);
    const failed = expect(reading).rejects.toThrow("Begin again.");
    await vi.advanceTimersByTimeAsync(0);
    last().end(1006);
    await failed;
    session.close(undefined);
  });
});

describe("a picture", () => {
  it("is sent when nobody has it, and opened again at the first sign that it has arrived", async () => {
    const lines = '{"encoding":{}}\n{"ready":{"image":{"imageId":"x","width":40,"height":20}}}\n';
    const sent: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      sent.push(url);
      return new Response(lines);
    });
    const { session, last, phases } = open({ file: new Blob(["picture"]) });
    last().say(welcome);
    last().say(say.missing);
    await vi.waitFor(() => expect(last().asked.length).toBeGreaterThan(1));
    expect(sent).toEqual([`http://gateway/v1/images?id=${encodeURIComponent(imageId)}&drafts=true`]);
    last().say(say.ready);
    expect([phases[0], phases.at(-1)]).toEqual(["uploading", "ready"]);
    session.close(undefined);
  });

  it("that nobody has and that has no file is refused with a sentence, and so is one over the limit", () => {
    const nameless = open();
    nameless.last().say(welcome);
    nameless.last().say(say.missing);
    expect(nameless.refused).toMatchObject([{ code: "NOT_FOUND", message: expect.stringContaining("with its file") }]);
    const large = open({ file: new Blob(["too large"]) });
    large.last().say({ case: "welcome", value: { maxImageBytes: 4 } });
    expect(large.refused).toMatchObject([{ reason: "UPLOAD_TOO_LARGE" }]);
  });

  it("that failed for a while is asked for again after it", () => {
    const { session, last, phases } = open();
    last().say(welcome);
    const busy = { code: ErrorCode.UNAVAILABLE, message: "Busy.", retryAfterMs: 300 };
    last().say({ case: "image", value: { imageId, event: { case: "failed", value: busy } } });
    session.click(point(1), { formats: [] }).answer.catch(() => {});
    expect(last().asked).toEqual(["openImage"]);
    vi.advanceTimersByTime(400);
    expect(last().asked).toEqual(["openImage", "openImage", "segment 1"]);
    expect(phases).toEqual(["opening", "opening"]);
    session.close(undefined);
  });
});
