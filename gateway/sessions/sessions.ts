import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { CloseCode } from "../../proto/index.js";
import type { Caller } from "../../services/runtime/callers/caller.js";
import { Code } from "../../services/runtime/errors.js";
import { answerRaw } from "../../services/runtime/http/raw-answer.js";
import { Shares } from "../../services/runtime/limits/shares.js";
import { TokenBucket } from "../../services/runtime/limits/token-bucket.js";
import type { Metrics } from "../../services/runtime/metrics.js";
import { type Doorkeeper, refusalOf } from "../../services/runtime/overload/doorkeeper.js";
import { readOrigin } from "../../services/runtime/tracing/origin.js";
import type { Callers } from "../callers/callers.js";
import { CallersPace } from "./callers-pace.js";
import { Intake } from "./intake.js";
import { Session, type SessionDeps } from "./session.js";
import { UnsentBytes } from "./unsent-bytes.js";
import { WaitingBytes } from "./waiting-bytes.js";

/** The WebSocket's subprotocol (F1). */
export const subprotocol = "maskwire.v1";
/** A peer that does not finish the closing handshake is cut off after this. */
const closeGraceMs = 2000;
/** Until another gateway takes its place, or this one is back. */
const retryMs = 1000;
/** Pings in a row without an answer, spread over the time of silence. */
const mostUnanswered = 2;
/** Hint for a client whose clicks come faster than they are answered. */
export const clickRetryMs = 200;

/** What this thread does for a dear frame after it has been read, by each frame more that it is worth. */
const followingWorkMs = 1;

/** What a session that was quiet may send at once: so many seconds of its rate. */
const burstSeconds = { frames: 3, bytes: 2, work: 2 };

export interface SessionsOptions {
  callers: Pick<Callers, "of">;
  maxSessions: number;
  maxFrameBytes: number;
  idleMs: number;
  framesPerSecond: number;
  frameBytesPerSecond: number;
  /** Of this thread's time, what one session may take. */
  sessionWorkShare: number;
  waitingBytes: number;
  unsentBytes: number;
  metrics: Pick<Metrics, "limitHit" | "watchBudget">;
  overload?: Doorkeeper;
}

/** What a session gets from its connection's owner. */
type Given = "caller" | "waiting" | "onSlowReader" | "onDearFrame";

/** Every WebSocket session of this gateway: accepts, counts, pings, drains. */
export class Sessions {
  readonly #server: WebSocketServer;
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #options: SessionsOptions;
  readonly #depsFor: (session: string, caller: Caller) => Omit<SessionDeps, Given>;
  readonly #shares: Shares;
  readonly #pace = new CallersPace();
  readonly #waiting: WaitingBytes;
  readonly #unsent: UnsentBytes;
  #draining = false;

  constructor(options: SessionsOptions, depsFor: (session: string, caller: Caller) => Omit<SessionDeps, Given>) {
    const { maxSessions, waitingBytes, unsentBytes, metrics } = options;
    this.#options = options;
    this.#shares = new Shares(maxSessions);
    this.#unsent = new UnsentBytes(unsentBytes);
    this.#waiting = new WaitingBytes({
      limitBytes: waitingBytes,
      retryAfterMs: clickRetryMs,
      onShare: () => metrics.limitHit("waiting_share"),
    });
    for (const { budget } of [this.#waiting, this.#unsent]) metrics.watchBudget(budget);
    this.#depsFor = depsFor;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxFrameBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    this.#server.on("wsClientError", ({ message }, socket) => {
      answerRaw(socket, 400, { code: Code.INVALID_ARGUMENT, message: `${message}.` }, ["Sec-WebSocket-Version: 13"]);
    });
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** Takes over a connection that asked to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#draining) {
      const message = "The gateway is stopping; connect again.";
      return answerRaw(socket, 503, { code: Code.UNAVAILABLE, message, retryAfterMs: retryMs });
    }
    const busy = this.#options.overload && refusalOf(this.#options.overload, "sessions");
    if (busy) return answerRaw(socket, 503, busy);
    const offered = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim());
    if (offered && !offered.includes(subprotocol)) {
      const message = `The subprotocol here is ${subprotocol}.`;
      return answerRaw(socket, 400, { code: Code.INVALID_ARGUMENT, message });
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, request));
  }

  /** Answers what is under way, then closes every session with 1001 (B4). */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    await Promise.all(
      [...this.#sessions].map(async ([ws, session]) => {
        await session.idle(signal);
        const closed = new Promise<void>((resolve) => ws.once("close", () => resolve()));
        session.close(CloseCode.GOING_AWAY, "the gateway stops");
        // A peer that does not answer the closing handshake must not hold up a stop whose time is over.
        await Promise.race([closed, whenAborted(signal)]);
      }),
    );
  }

  close(): void {
    for (const ws of this.#sessions.keys()) ws.terminate();
    this.#server.close();
  }

  #accept(ws: WebSocket, request: IncomingMessage): void {
    // ws reports oversized and malformed frames as errors, after it has closed with the right code (F6).
    ws.on("error", () => {});
    const { callers, metrics } = this.#options;
    const caller = callers.of(request);
    const refusal = this.#shares.refusal(caller.key);
    if (refusal) {
      // B3
      metrics.limitHit(refusal === "full" ? "sessions" : "sessions_share");
      const reason = refusal === "full" ? "too many sessions" : "too many sessions from one address";
      closeSocket(ws, CloseCode.TOO_MANY_SESSIONS, reason);
      return;
    }
    const leaveShares = this.#shares.take(caller.key);
    const { pace: ofCaller, leave: leavePace } = this.#pace.enter(caller.key);
    const { frames, bytes, work } = this.#paces();
    const id = randomUUID();
    const reader = {
      cutOff: () => {
        // B6
        metrics.limitHit("unsent");
        closeSocket(ws, CloseCode.SLOW_READER, "answers are not being read");
      },
    };
    const session = new Session(
      id,
      {
        get isOpen() {
          return ws.readyState === ws.OPEN;
        },
        get bufferedBytes() {
          return ws.bufferedAmount;
        },
        send: (data) => {
          const bytes = typeof data === "string" ? Buffer.from(data) : data;
          const sent = this.#unsent.hold(reader, bytes.byteLength);
          if (sent) ws.send(bytes, { binary: typeof data !== "string" }, sent);
        },
        close: (code, reason) => {
          intake.close();
          closeSocket(ws, code, reason);
        },
      },
      ws.protocol === subprotocol ? "binary" : "text",
      {
        ...this.#depsFor(id, caller),
        caller,
        waiting: this.#waiting.of(caller),
        onSlowReader: () => metrics.limitHit("unsent_session"),
        onDearFrame: (more) => {
          frames.spend(more);
          ofCaller.spend(more * followingWorkMs);
        },
      },
      readOrigin((name) => request.headers[name]).traceparent,
    );
    const intake = new Intake({
      frames,
      bytes,
      work: [work, ofCaller],
      deliver: (data, form) => session.receive(data, form),
      pause: () => ws.pause(),
      resume: () => ws.resume(),
      onSlowed: (waitMs) => {
        metrics.limitHit("pace");
        session.slowed(waitMs);
      },
      onTooFast: () => {
        metrics.limitHit("too_fast");
        session.close(CloseCode.TOO_FAST, "frames come too fast");
      },
    });
    this.#sessions.set(ws, session);
    const stopWatching = this.#watchIdle(ws, session);
    ws.on("message", (data, isBinary) => intake.take(toBytes(data), isBinary ? "binary" : "text"));
    ws.on("close", () => {
      stopWatching();
      intake.close();
      this.#unsent.forget(reader);
      leavePace();
      leaveShares();
      this.#sessions.delete(ws);
      session.disconnected();
    });
  }

  /** F7: what one session may have. */
  #paces(): Record<"frames" | "bytes" | "work", TokenBucket> {
    const { framesPerSecond, frameBytesPerSecond, sessionWorkShare } = this.#options;
    const bucket = (perSecond: number, seconds: number) => new TokenBucket({ perSecond, burst: perSecond * seconds });
    return {
      frames: bucket(framesPerSecond, burstSeconds.frames),
      bytes: bucket(frameBytesPerSecond, burstSeconds.bytes),
      work: bucket(1000 * sessionWorkShare, burstSeconds.work),
    };
  }

  /**
   * B2: a peer that is only silent answers pings; one that is gone does not. Pings are counted, not time: while this process
   * stands still, answers lie unread, and that is no silence of the peer's.
   */
  #watchIdle(ws: WebSocket, session: Session): () => void {
    let unanswered = 0;
    // The last ping has as long to be answered as the others.
    const timer = setInterval(
      () => {
        if (unanswered >= mostUnanswered) return session.close(CloseCode.IDLE, "nothing was heard for too long");
        unanswered++;
        ws.ping();
      },
      this.#options.idleMs / (mostUnanswered + 1),
    );
    const hear = () => {
      unanswered = 0;
      // The time of silence begins anew.
      timer.refresh();
    };
    ws.on("message", hear);
    ws.on("pong", hear);
    return () => clearInterval(timer);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function closeSocket(ws: WebSocket, code: CloseCode, reason: string): void {
  ws.close(code, reason);
  // The peer's half of the closing handshake stands behind what was not read yet.
  ws.resume();
  setTimeout(() => ws.terminate(), closeGraceMs).unref();
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
