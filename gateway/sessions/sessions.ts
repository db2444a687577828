import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { CloseCode } from "../../proto/index.js";
import type { Caller } from "../../services/runtime/callers/caller.js";
import { Code } from "../../services/runtime/errors.js";
import { answerRaw } from "../../services/runtime/http/raw-answer.js";
import { type Doorkeeper, refusalOf } from "../../services/runtime/overload/doorkeeper.js";
import { readOrigin } from "../../services/runtime/tracing/origin.js";
import type { Callers } from "../callers/callers.js";
import { Session, type SessionDeps } from "./session.js";

/** The WebSocket's subprotocol (F1). */
export const subprotocol = "maskwire.v1";
/** A peer that does not finish the closing handshake is cut off after this. */
const closeGraceMs = 2000;
/** Until another gateway takes its place, or this one is back. */
const retryMs = 1000;
/** Pings in a row without an answer, spread over the time of silence. */
const mostUnanswered = 2;

export interface SessionsOptions {
  callers: Pick<Callers, "of">;
  maxSessions: number;
  maxFrameBytes: number;
  idleMs: number;
  overload?: Doorkeeper;
}

/** Every WebSocket session of this gateway: accepts, counts, pings, drains. */
export class Sessions {
  readonly #server: WebSocketServer;
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #options: SessionsOptions;
  readonly #depsFor: (session: string, caller: Caller) => SessionDeps;
  #draining = false;

  constructor(options: SessionsOptions, depsFor: (session: string, caller: Caller) => SessionDeps) {
    this.#options = options;
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
    if (this.#sessions.size >= this.#options.maxSessions) {
      // B3
      closeSocket(ws, CloseCode.TOO_MANY_SESSIONS, "too many sessions");
      return;
    }
    const form = ws.protocol === subprotocol ? "binary" : "text";
    const id = randomUUID();
    const session = new Session(
      id,
      {
        get isOpen() {
          return ws.readyState === ws.OPEN;
        },
        get bufferedBytes() {
          return ws.bufferedAmount;
        },
        send: (data) => ws.send(data),
        close: (code, reason) => closeSocket(ws, code, reason),
      },
      form,
      this.#depsFor(id, this.#options.callers.of(request)),
      readOrigin((name) => request.headers[name]).traceparent,
    );
    this.#sessions.set(ws, session);
    const stopWatching = this.#watchIdle(ws, session);
    ws.on("message", (data, isBinary) => session.receive(toBytes(data), isBinary ? "binary" : "text"));
    ws.on("close", () => {
      stopWatching();
      this.#sessions.delete(ws);
      session.disconnected();
    });
  }

  /**
   * B2: a peer that is only silent answers pings; one that is gone does not. Pings are counted, not time: while this process
   * stands still, answers lie unread, and that is no silence of the peer's.
   */
  #watchIdle(ws: WebSocket, session: Session): () => void {
    let unanswered = 0;
    const hear = () => {
      unanswered = 0;
    };
    ws.on("message", hear);
    ws.on("pong", hear);
    const timer = setInterval(() => {
      if (unanswered >= mostUnanswered) return session.close(CloseCode.IDLE, "nothing was heard for too long");
      unanswered++;
      ws.ping();
    }, this.#options.idleMs / mostUnanswered);
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
  setTimeout(() => ws.terminate(), closeGraceMs).unref();
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
