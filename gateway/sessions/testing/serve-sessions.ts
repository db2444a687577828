import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { create, toJsonString } from "@bufbuild/protobuf";
import { WebSocket } from "ws";
import { ClientFrameSchema, EncodeReadySchema, SegmentResultSchema } from "../../../proto/index.js";
import { openAccess } from "../../../services/runtime/callers/access.js";
import { anyone } from "../../../services/runtime/callers/principal.js";
import { noQuota } from "../../../services/runtime/callers/quota.js";
import type { Limit } from "../../../services/runtime/limits/limit-hits.js";
import { fakeLogger } from "../../../services/runtime/testing/fake-logger.js";
import { noDetailEvents } from "../../ask/detail/detail-metrics.js";
import { Callers } from "../../callers/callers.js";
import { UnsentBytes } from "../../limits/unsent-bytes.js";
import { fakeVideos } from "../../track/testing/fake-videos.js";
import { Sessions, type SessionsOptions } from "../sessions.js";
import { type Fakes, fakeAsk } from "./fake-ask.js";

const imageId = `sha256:${"a".repeat(64)}`;
const ready = create(EncodeReadySchema, { image: { imageId, width: 4, height: 3 } });
const hour = 3_600_000;

/** A client's end of a session, in JSON. */
export interface Guest {
  socket: WebSocket;
  /** What it was sent. */
  frames: Record<string, { code?: string; sequence?: number }>[];
  /** How it ended. */
  closed: Promise<{ code: unknown; reason: string }>;
  welcomed: Promise<unknown>;
  open(): void;
  click(sequence: number): void;
  until(isThere: () => boolean): Promise<void>;
}

interface ServedSessions extends AsyncDisposable {
  port: number;
  sessions: Sessions;
  /** Limits that were hit. */
  hits: Limit[];
  /** @param address that it asks from. */
  join(address?: string, autoPong?: boolean): Guest;
  /** The same, once it is in. */
  welcome(address?: string): Promise<Guest>;
}

/** A gateway's sessions on a free port, whose tiers answer everything unless told otherwise. */
export async function serveSessions(init: Partial<SessionsOptions> = {}, fakes: Fakes = {}): Promise<ServedSessions> {
  const hits: Limit[] = [];
  const logger = fakeLogger();
  const options = {
    access: openAccess,
    maxSessions: 100,
    logger,
    maxFrameBytes: 1e6,
    maxBufferedBytes: 1e9,
    idleMs: hour,
    framesPerSecond: 1e6,
    frameBytesPerSecond: 1e9,
    sessionWorkShare: 1,
    waitingBytes: 1e9,
    unsent: new UnsentBytes(1e9),
    metrics: { limitHit: (limit: Limit) => hits.push(limit), watchBudget: () => {} },
    ...init,
  };
  const videos = fakeVideos(fakeAsk({}).ask);
  const answers = { encodeStored: async () => ready, segment: async () => create(SegmentResultSchema, {}) };
  const sessions = new Sessions({ quota: noQuota, ...options }, () => ({
    ...fakeAsk({ ...answers, ...fakes }),
    videos,
    limits: {
      maxWaitingClicks: 1000,
      clickRetryMs: 1,
      maxImageBytes: 1,
      maxImagePixels: 1,
      pictureUrls: false,
      waitingMs: hour,
      detail: { perPicture: 0, perSession: 0 },
    },
    onClick: () => {},
    detailEvents: noDetailEvents,
  }));
  const callers = new Callers({ trustedProxies: ["127.0.0.1"], logger });
  const server = createServer().on("upgrade", (request, socket, head) =>
    sessions.upgrade(request, socket, head, { principal: anyone, caller: callers.of(request) }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const guests: Guest[] = [];
  const join = (address = "192.0.2.1", autoPong = true) => {
    const guest = connect(port, address, autoPong);
    guests.push(guest);
    return guest;
  };
  return {
    port,
    sessions,
    hits,
    join,
    async welcome(address) {
      const guest = join(address);
      await guest.welcomed;
      return guest;
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of guests) socket.terminate();
      sessions.close();
      server.close();
      await once(server, "close");
    },
  };
}

function connect(port: number, address: string, autoPong: boolean): Guest {
  const headers = { "x-forwarded-for": address };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, { headers, autoPong, perMessageDeflate: false });
  const frames: Guest["frames"] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data))));
  socket.on("error", () => {});
  const send = (frame: object) =>
    socket.send(toJsonString(ClientFrameSchema, create(ClientFrameSchema, { frame } as never)));
  return {
    socket,
    frames,
    closed: once(socket, "close").then(([code, reason]) => ({ code, reason: String(reason) })),
    welcomed: once(socket, "message"),
    open: () => send({ case: "openImage", value: { imageId } }),
    click: (sequence) => send({ case: "segment", value: { sequence, prompt: { points: [{ x: 1, y: 1 }] } } }),
    until: async (isThere) => {
      while (!isThere()) await once(socket, "message");
    },
  };
}
