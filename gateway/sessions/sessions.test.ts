import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { create, toJsonString } from "@bufbuild/protobuf";
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ClientFrameSchema, CloseCode, EncodeReadySchema, SegmentResultSchema } from "../../proto/index.js";
import type { Limit } from "../../services/runtime/metrics.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { Callers } from "../callers/callers.js";
import { Sessions, type SessionsOptions } from "./sessions.js";
import { fakeAsk } from "./testing/fake-ask.js";

const imageId = `sha256:${"a".repeat(64)}`;
const ready = create(EncodeReadySchema, { image: { imageId, width: 4, height: 3 } });
const hour = 3_600_000;

let server: Server;
let sessions: Sessions;
let hits: Limit[];
const sockets: WebSocket[] = [];

async function start(init: Partial<SessionsOptions> = {}): Promise<void> {
  hits = [];
  const logger = fakeLogger();
  const options = {
    callers: new Callers({ trustedProxies: ["127.0.0.1"], logger }),
    maxSessions: 100,
    logger,
    maxFrameBytes: 1e6,
    maxBufferedBytes: 1e9,
    idleMs: hour,
    framesPerSecond: 1e6,
    frameBytesPerSecond: 1e9,
    sessionWorkShare: 1,
    waitingBytes: 1e9,
    unsentBytes: 1e9,
    metrics: { limitHit: (limit: Limit) => hits.push(limit), watchBudget: () => {} },
    ...init,
  };
  sessions = new Sessions(options, () => ({
    ...fakeAsk({ encodeStored: async () => ready, segment: async () => create(SegmentResultSchema, {}) }),
    limits: {
      maxWaitingClicks: 1000,
      clickRetryMs: 1,
      maxImageBytes: 1,
      maxImagePixels: 1,
      pictureUrls: false,
      waitingMs: hour,
    },
    onClick: () => {},
  }));
  server = createServer().on("upgrade", (request, socket, head) => sessions.upgrade(request, socket, head));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  sessions.close();
  server.close();
  await once(server, "close");
});

/** A session of that address; `closed` tells how it ends, `frames` what it was sent. */
function join(address = "192.0.2.1", autoPong = true) {
  const { port } = server.address() as AddressInfo;
  const headers = { "x-forwarded-for": address };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, { headers, autoPong, perMessageDeflate: false });
  sockets.push(socket);
  const frames: Record<string, { code?: string; sequence?: number }>[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data))));
  socket.on("error", () => {});
  const closed = once(socket, "close").then(([code, reason]) => ({ code, reason: String(reason) }));
  const send = (frame: object) =>
    socket.send(toJsonString(ClientFrameSchema, create(ClientFrameSchema, { frame } as never)));
  return {
    socket,
    frames,
    closed,
    welcomed: once(socket, "message"),
    open: () => send({ case: "openImage", value: { imageId } }),
    click: (sequence: number) => send({ case: "segment", value: { sequence, prompt: { points: [{ x: 1, y: 1 }] } } }),
    until: async (isThere: () => boolean) => {
      while (!isThere()) await once(socket, "message");
    },
  };
}

async function welcomed(address?: string) {
  const session = join(address);
  await session.welcomed;
  return session;
}

it("B2: a peer that answers no ping is freed within the time of silence, after two pings", async () => {
  await start({ idleMs: 300 });
  const gone = join("192.0.2.1", false);
  let pings = 0;
  gone.socket.on("ping", () => pings++);
  await gone.welcomed;
  expect(await gone.closed).toMatchObject({ code: CloseCode.IDLE });
  expect(pings).toBe(2);
});

it("B3: a caller who has many sessions leaves some for others, and who has none is refused only when all are taken", async () => {
  await start({ maxSessions: 8 });
  const greedy = await Promise.all(Array.from({ length: 6 }, () => welcomed("192.0.2.1")));
  const code = CloseCode.TOO_MANY_SESSIONS;
  expect(await join("192.0.2.1").closed).toEqual({ code, reason: "too many sessions from one address" });
  await welcomed("192.0.2.2");
  await welcomed("192.0.2.3");
  expect(await join("192.0.2.4").closed).toEqual({ code, reason: "too many sessions" });
  greedy[0]?.socket.close();
  await greedy[0]?.closed;
  await welcomed("192.0.2.4");
  expect(hits).toEqual(["sessions_share", "sessions"]);
});

it("B6: with too many unread answers the slowest reader is closed, and others go on", async () => {
  await start({ unsentBytes: 100_000 });
  const [slow, good] = [await welcomed(), await welcomed()];
  slow.open();
  await slow.until(() => slow.frames.length > 1);
  slow.socket.pause();
  // Opening the open image is answered at once: enough answers to fill every buffer between the two ends.
  for (let count = 0; count < 60_000 && !hits.includes("unsent"); count++) {
    slow.open();
    if (count % 500 === 0) await new Promise(setImmediate);
  }
  slow.socket.resume();
  expect((await slow.closed).code).toBe(CloseCode.SLOW_READER);
  good.open();
  good.click(7);
  await good.until(() => good.frames.some(({ segment }) => segment?.sequence === 7));
  expect(hits).toEqual(["unsent"]);
});

it("F7: what comes too fast is read later, said once, and all of it is answered", async () => {
  await start({ framesPerSecond: 20 });
  const session = await welcomed();
  session.open();
  const clicks = 90;
  for (let sequence = 1; sequence <= clicks; sequence++) session.click(sequence);
  const answers = () => session.frames.flatMap(({ segment }) => (segment ? [segment.sequence] : []));
  await session.until(() => answers().length === clicks);
  expect(answers()).toEqual(Array.from({ length: clicks }, (_, at) => at + 1));
  expect(session.frames.flatMap(({ error }) => (error ? [error.code] : []))).toEqual(["ERROR_CODE_RESOURCE_EXHAUSTED"]);
  expect(hits).toEqual(["pace"]);
});

it("F7: what follows an open_image counts against its caller while others are there, and holds up nobody else", async () => {
  await start({});
  const alone = await welcomed("192.0.2.1");
  const opens = 600;
  for (let count = 0; count < opens; count++) alone.open();
  alone.click(1);
  await alone.until(() => alone.frames.some(({ segment }) => segment?.sequence === 1));
  expect(hits).toEqual([]);
  const other = await welcomed("192.0.2.2");
  for (let count = 0; count < opens; count++) alone.open();
  await alone.until(() => hits.includes("pace"));
  other.open();
  other.click(1);
  await other.until(() => other.frames.some(({ segment }) => segment?.sequence === 1));
  expect(other.frames.some(({ error }) => error)).toBe(false);
  expect(hits).toEqual(["pace"]);
});
