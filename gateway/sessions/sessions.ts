import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { CloseCode } from "../../proto/index.js";
import { type Access, accessEnded } from "../../services/runtime/callers/access.js";
import type { Quota } from "../../services/runtime/callers/quota.js";
import { Code, describeError, overloaded } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { answerRaw } from "../../services/runtime/http/raw-answer.js";
import { type Holder, holderOf, Shares } from "../../services/runtime/limits/shares.js";
import type { Logger } from "../../services/runtime/logger.js";
import { type Doorkeeper, refusalOf } from "../../services/runtime/overload/doorkeeper.js";
import { readOrigin } from "../../services/runtime/tracing/origin.js";
import type { AskCall } from "../ask/answer.js";
import type { Visitor } from "../callers/visitor.js";
import type { UnsentBytes } from "../limits/unsent-bytes.js";
import { CallersPace } from "./callers-pace.js";
import { Connection } from "./connection.js";
import { idlest } from "./idlest.js";
import { Intake, type Pace } from "./intake.js";
import { watchIdle } from "./keep-alive.js";
import { Openings } from "./openings.js";
import { PromptTurns } from "./prompt-turns.js";
import { Session, type SessionDeps } from "./session.js";
import { type SessionPaceOptions, sessionPace } from "./session-pace.js";
import { type SessionBytes, WaitingBytes } from "./waiting-bytes.js";
import { closeSocket, offeredProtocols, socketOf, toBytes } from "./web-socket.js";

/** The WebSocket's subprotocol (F1). */
const subprotocol = "maskwire.v1";
/** Until another gateway takes its place, or this one is back. */
const retryMs = 1000;
/** Hint for a client whose clicks come faster than they are answered. */
export const clickRetryMs = 200;

export interface SessionsOptions extends SessionPaceOptions {
  /** Tells when a session's principal ends. */
  access: Pick<Access, "watch">;
  quota: Pick<Quota, "tryTake" | "correct" | "holdSession">;
  logger: Logger;
  maxSessions: number;
  maxFrameBytes: number;
  /** Of one session. */
  maxBufferedBytes: number;
  idleMs: number;
  waitingBytes: number;
  unsent: UnsentBytes;
  metrics: Pick<Metrics, "limitHit" | "watchBudget">;
  overload?: Doorkeeper;
}

/** What a session gets elsewhere than from here. */
type Given = Omit<SessionDeps, "visitor" | "logger" | "waiting">;

/** A session and its connection. */
interface Entry {
  session: Session;
  connection: Connection;
  /** Since when its client has sent nothing. */
  quietSince: number;
}

/** Every WebSocket session of this gateway: accepts, counts, pings, drains. */
export class Sessions {
  readonly #server: WebSocketServer;
  readonly #sessions = new Map<WebSocket, Entry>();
  readonly #options: SessionsOptions;
  readonly #depsFor: (session: string, visitor: Visitor) => Given;
  readonly #shares: Shares;
  readonly #pace = new CallersPace();
  readonly #openings = new Openings((caller) => this.#pace.admit(caller));
  readonly #turns = new PromptTurns(this.#pace);
  readonly #waiting: WaitingBytes;
  #draining = false;

  constructor(options: SessionsOptions, depsFor: (session: string, visitor: Visitor) => Given) {
    const { maxSessions, waitingBytes, metrics } = options;
    this.#options = options;
    this.#shares = new Shares(maxSessions);
    this.#waiting = new WaitingBytes({
      limitBytes: waitingBytes,
      retryAfterMs: clickRetryMs,
      onShare: () => metrics.limitHit("waiting_share"),
    });
    metrics.watchBudget(this.#waiting.budget);
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

  /** What prompts may hold that wait, of a session or of a video of its own. */
  waitingOf(who: Holder): SessionBytes {
    return this.#waiting.of(who);
  }

  /** The pace of a video's stream, which counts as one more session of its caller's (F7). */
  enterStream({ origin = {}, principal }: Pick<AskCall, "origin" | "principal">) {
    const { quota } = this.#options;
    const who = { key: origin.caller ?? "", tenant: origin.tenant };
    const { pace, leave } = this.#pace.enter(who);
    const limit = {
      take: (count: number) => (principal ? quota.tryTake(principal, "framesPerSecond", count) : 0),
      spend: (count: number) => principal && quota.correct(principal, "framesPerSecond", count),
    };
    return { ...sessionPace(this.#options, pace, limit), leave };
  }

  /** Takes over a connection that asked to become a WebSocket, when it is its caller's turn (F8). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, visitor: Visitor): void {
    const upgrade = () => this.#upgrade(request, socket, head, visitor);
    if (this.#openings.enter(visitor.caller, upgrade)) return;
    this.#options.metrics.limitHit("openings");
    answerRaw(socket, 429, describeError(overloaded("Too many sessions of yours are being opened.", retryMs)));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, visitor: Visitor): void {
    if (socket.destroyed) return;
    if (this.#draining) {
      const message = "The gateway is stopping; connect again.";
      return answerRaw(socket, 503, { code: Code.UNAVAILABLE, message, retryAfterMs: retryMs });
    }
    const busy = this.#options.overload && refusalOf(this.#options.overload, "sessions");
    if (busy) return answerRaw(socket, 503, busy);
    const offered = offeredProtocols(request);
    if (offered && !offered.includes(subprotocol)) {
      const message = `The subprotocol here is ${subprotocol}.`;
      return answerRaw(socket, 400, { code: Code.INVALID_ARGUMENT, message });
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, request, visitor));
  }

  /** Answers what is under way, then closes every session with 1001 (B4). */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    this.#openings.close();
    await Promise.all(
      [...this.#sessions].map(async ([ws, { session, connection }]) => {
        await session.idle(signal);
        const closed = new Promise<void>((resolve) => ws.once("close", () => resolve()));
        connection.close(CloseCode.GOING_AWAY, "the gateway stops");
        // A peer that does not answer the closing handshake must not hold up a stop whose time is over.
        await Promise.race([closed, whenAborted(signal)]);
      }),
    );
  }

  /** O4: memory runs short. Closes some of those sessions that have been idle longest. */
  disconnectIdle(now = performance.now()): void {
    const open = [...this.#sessions].filter(([ws]) => ws.readyState === ws.OPEN);
    const quiet = open.map(([, { session, connection, quietSince }]) => ({
      quietSince,
      isWaiting: session.isWaiting,
      connection,
    }));
    for (const { connection } of idlest(quiet, now)) {
      this.#options.metrics.limitHit("idle");
      connection.close(CloseCode.IDLE, "memory is short; connect again when there is need");
    }
  }

  close(): void {
    this.#openings.close();
    for (const ws of this.#sessions.keys()) ws.terminate();
    this.#server.close();
  }

  #accept(ws: WebSocket, request: IncomingMessage, visitor: Visitor): void {
    // ws reports oversized and malformed frames as errors, after it has closed with the right code (F6).
    ws.on("error", () => {});
    const { access, quota, metrics } = this.#options;
    const { principal, caller } = visitor;
    const who = { caller: caller.key, tenant: caller.tenant };
    const refusal = this.#shares.refusal(who);
    if (refusal) {
      // B3
      metrics.limitHit(refusal === "full" ? "sessions" : "sessions_share");
      const reason = refusal === "full" ? "too many sessions" : `too many sessions ${ofWhom(who)}`;
      closeSocket(ws, CloseCode.TOO_MANY_SESSIONS, reason);
      return;
    }
    const leaveQuota = quota.holdSession(principal);
    if (!leaveQuota) {
      // Q2
      closeSocket(ws, CloseCode.TOO_MANY_SESSIONS, "your limit of open sessions (sessions) is reached; close one");
      return;
    }
    const leaveShares = this.#shares.take(who);
    const { pace: ofCaller, leave: leavePace } = this.#pace.enter(caller);
    const { entry, intake, forget } = this.#open(ws, request, visitor, ofCaller);
    const stopWatching = watchIdle(ws, this.#options.idleMs, () =>
      entry.connection.close(CloseCode.IDLE, "nothing was heard for too long"),
    );
    // L5
    const stopWatchingAccess = access.watch(principal, () =>
      entry.connection.close(CloseCode.UNAUTHENTICATED, accessEnded),
    );
    this.#sessions.set(ws, entry);
    ws.on("message", (data, isBinary) => {
      entry.quietSince = performance.now();
      intake.take(toBytes(data), isBinary ? "binary" : "text");
    });
    ws.on("close", () => {
      stopWatching();
      stopWatchingAccess();
      intake.close();
      forget();
      leavePace();
      leaveShares();
      leaveQuota();
      this.#sessions.delete(ws);
      entry.session.disconnected();
    });
  }

  /** What stands between a WebSocket and the tiers: pace, connection, session. */
  #open(ws: WebSocket, request: IncomingMessage, visitor: Visitor, ofCaller: Pace) {
    const { metrics, maxBufferedBytes, unsent } = this.#options;
    const id = randomUUID();
    const logger = this.#options.logger.child({ session: id });
    const reader = {
      cutOff: () => {
        // B6
        metrics.limitHit("unsent");
        closeSocket(ws, CloseCode.SLOW_READER, "answers are not being read");
      },
    };
    const { quota } = this.#options;
    const { principal } = visitor;
    const pace = sessionPace(this.#options, ofCaller, {
      take: (count) => quota.tryTake(principal, "framesPerSecond", count),
      spend: (count) => quota.correct(principal, "framesPerSecond", count),
    });
    const connection = new Connection(
      socketOf(ws, unsent, reader, () => intake.close()),
      ws.protocol === subprotocol ? "binary" : "text",
      {
        maxBufferedBytes,
        logger,
        onSlowReader: () => metrics.limitHit("unsent_session"),
        onDearFrame: pace.onDearFrame,
      },
    );
    const intake = new Intake({
      ...pace,
      deliver: (data, form) => connection.receive(data, form, session),
      pause: () => ws.pause(),
      resume: () => ws.resume(),
      onSlowed: (waitMs) => {
        metrics.limitHit("pace");
        connection.slowed(waitMs);
      },
      onTooFast: () => {
        metrics.limitHit("too_fast");
        connection.close(CloseCode.TOO_FAST, "frames come too fast");
      },
    });
    const given = this.#depsFor(id, visitor);
    const line = this.#turns.lineOf(visitor.caller, given.line);
    const who = holderOf({ caller: visitor.caller.key, tenant: visitor.caller.tenant });
    const deps = { ...given, line, visitor, logger, waiting: this.waitingOf(who) };
    const session = new Session(id, connection, deps, readOrigin((name) => request.headers[name]).traceparent);
    return {
      entry: { session, connection, quietSince: performance.now() },
      intake,
      forget: () => unsent.forget(reader),
    };
  }
}

const ofWhom = ({ tenant }: Holder) => (tenant === undefined ? "from one address" : "of your tenant");

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
