import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClientFrameSchema,
  ErrorCode,
  type ServerFrame,
  ServerFrameSchema,
  type TrackCommand,
  type TrackUpdate,
} from "../../../proto/index.js";
import { MaskwireError } from "../maskwire-error.js";
import { greet, type Link, lose, reconnect } from "../session/link.js";
import { abnormalClosure, type SocketPort, unreadable } from "../session/socket.js";

interface Options {
  openSocket(): SocketPort;
  /** A connection stands: all there is to know is said by it first. */
  onOpen(): void;
  onUpdate(update: TrackUpdate): void;
  /** An answer is to come. */
  isOwed(): boolean;
  /** The gateway will not have it: nothing more is tried. */
  onRefused(error: MaskwireError): void;
}

/** Longer than this without a welcome, and another try has better chances. */
const welcomeMs = 10_000;
/** The gateway has an answer within its deadlines. Doubles with each silence: a slow service is not a lost one. */
const silenceMs = 60_000;
const mostDoublings = 5;

/** A video's connection: made again whenever it is lost, as a session's is. */
export class VideoLink {
  readonly #options: Options;
  #link: Link = { kind: "connecting", attempt: 0 };
  #socket: SocketPort | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Runs while an answer is owed, from the last that was heard. */
  #silence: ReturnType<typeof setTimeout> | undefined;
  #silences = 0;
  #isClosed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#connect();
  }

  /** Of no effect while there is no connection: `onOpen` says all again. */
  send(command: TrackCommand): void {
    if (this.#isClosed) return;
    if (this.#link.kind === "asleep") this.#follow(reconnect(this.#link, true));
    if (this.#link.kind !== "open") return;
    this.#socket?.send(
      toBinary(
        ClientFrameSchema,
        create(ClientFrameSchema, { frame: { case: "track", value: command } }),
      ) as Uint8Array<ArrayBuffer>,
    );
    if (this.#silence === undefined) this.#listen();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#listenNoMore();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Gives the connection up, and after a while makes another, over which all is said again. */
  beginAnew(afterMs: number): void {
    if (this.#isClosed) return;
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    this.#listenNoMore();
    socket?.close();
    this.#follow([
      { kind: "waiting", attempt: 0, retryAtMs: performance.now() + afterMs },
      [{ kind: "timer", name: "reconnect", delayMs: afterMs }],
    ]);
  }

  #connect(): void {
    const socket = this.#options.openSocket();
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#timer = setTimeout(() => this.#lost(socket, abnormalClosure), welcomeMs);
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket && data instanceof ArrayBuffer) this.#receive(socket, new Uint8Array(data));
    });
    socket.addEventListener("close", ({ code }) => this.#lost(socket, code));
  }

  #receive(socket: SocketPort, bytes: Uint8Array): void {
    const { onOpen, onUpdate } = this.#options;
    let frame: ServerFrame["frame"];
    try {
      frame = fromBinary(ServerFrameSchema, bytes).frame;
    } catch {
      // It may have been an answer that is waited for: a new session gives it again.
      this.#lost(socket, unreadable);
      return;
    }
    if (frame.case === "welcome") {
      clearTimeout(this.#timer);
      this.#link = greet({ welcome: frame.value });
      onOpen();
    } else if (frame.case === "track") {
      this.#silences = 0;
      onUpdate(frame.value);
      if (socket === this.#socket) this.#listen();
    }
  }

  /** A connection may be gone without a word: one that owes an answer and says nothing is given up. */
  #listen(): void {
    this.#listenNoMore();
    const socket = this.#socket;
    if (!socket || !this.#options.isOwed()) return;
    const patienceMs = silenceMs * 2 ** Math.min(this.#silences, mostDoublings);
    this.#silence = setTimeout(() => {
      this.#silence = undefined;
      if (!this.#options.isOwed()) return;
      this.#silences++;
      this.#lost(socket, abnormalClosure);
    }, patienceMs);
  }

  #listenNoMore(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  #lost(socket: SocketPort, code: number): void {
    if (socket !== this.#socket || this.#isClosed) return;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    this.#listenNoMore();
    socket.close();
    this.#follow(lose(this.#link, { kind: "socket-closed", code, atMs: performance.now(), random: Math.random() }));
    if (this.#link.kind === "stopped")
      this.#refused(ErrorCode.INTERNAL, "The service does not understand this client. Use another version of it.");
    if (this.#link.kind === "signed-out") this.#refused(ErrorCode.UNAUTHENTICATED, "");
  }

  #refused(code: ErrorCode, message: string): void {
    this.#options.onRefused(
      new MaskwireError(code, message || "The service asks who is calling. Give the client a key that it knows."),
    );
  }

  #follow([link, effects]: ReturnType<typeof lose>): void {
    this.#link = link;
    for (const effect of effects) {
      if (effect.kind === "connect") this.#connect();
      else this.#timer = setTimeout(() => this.#follow(reconnect(this.#link, false)), effect.delayMs);
    }
  }
}
