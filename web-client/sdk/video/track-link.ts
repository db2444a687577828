import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClientFrameSchema,
  KnownFramesSchema,
  type ServerFrame,
  ServerFrameSchema,
  type TrackCommand,
  TrackCommandSchema,
  type TrackUpdate,
} from "../../../proto/index.js";
import { greet, type Link, lose, reconnect } from "../session/link.js";
import { abnormalClosure, type SocketPort, unreadable } from "../session/socket.js";
import { Owing } from "./owing.js";

/** Longer than this without a welcome, and another try has better chances. */
const welcomeMs = 10_000;
const openState = 1;

interface TrackLinkOptions {
  openSocket(): SocketPort;
  /** A session has begun, which knows nothing of the video. */
  readonly onOpen: () => void;
  readonly onUpdate: (update: TrackUpdate) => void;
  /** @param then what becomes of it: only `waiting` comes back by itself. */
  readonly onLost: (then: Link["kind"]) => void;
}

/** The session that a video is followed in: one WebSocket, which ends and begins again as that of pictures does. */
export class TrackLink {
  readonly #options: TrackLinkOptions;
  /** Undefined until a session is wanted. */
  #link: Link | undefined;
  #socket: SocketPort | undefined;
  #sequence = 0;
  /** Of the welcome, or the next try. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #owing: Owing;

  constructor(options: TrackLinkOptions) {
    this.#options = options;
    this.#owing = new Owing({
      ask: () => {
        const sequence = this.number();
        this.#write({ case: "known", value: create(KnownFramesSchema) }, sequence);
        return sequence;
      },
      onSilence: () => this.#socket && this.#lose(this.#socket, abnormalClosure),
    });
  }

  /** A person needs a session from now on, also where the last one was ended for good. */
  want(): void {
    if (this.#link === undefined) {
      this.#link = { kind: "connecting", attempt: 0 };
      this.#connect();
    } else if (this.#link.kind !== "waiting") this.#follow(reconnect(this.#link, true));
  }

  /** There is need of one that rests. */
  wake(): void {
    if (this.#link?.kind === "asleep") this.#follow(reconnect(this.#link, false));
  }

  /** The network is back: no reason to wait. */
  hurry(): void {
    if (this.#link?.kind === "waiting") this.#follow(reconnect({ ...this.#link, attempt: 0 }, false));
  }

  /** Gives the session up, and after a while begins another. */
  beginAnew(afterMs: number): void {
    if (this.#link === undefined) return;
    this.#leave();
    this.#follow([
      { kind: "waiting", attempt: 0, retryAtMs: performance.now() + afterMs },
      [{ kind: "timer", name: "reconnect", delayMs: afterMs }],
    ]);
  }

  close(): void {
    this.#link = undefined;
    this.#leave();
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#owing.forget();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** A number that nothing has been sent with. */
  number(): number {
    return ++this.#sequence;
  }

  /**
   * Of no effect while there is no session: `onOpen` says all again.
   * @returns the number that its answers carry.
   */
  send(command: TrackCommand["command"], sequence = this.number()): number {
    this.#write(command, sequence);
    // A cancel has no answer of its own.
    if (this.#link?.kind === "open" && command.case !== "cancel") this.#owing.sent(sequence);
    return sequence;
  }

  #write(command: TrackCommand["command"], sequence: number): void {
    if (this.#link?.kind !== "open" || this.#socket?.readyState !== openState) return;
    const value = create(TrackCommandSchema, { sequence, command });
    const frame = create(ClientFrameSchema, { frame: { case: "track", value } });
    this.#socket.send(toBinary(ClientFrameSchema, frame) as Uint8Array<ArrayBuffer>);
  }

  #connect(): void {
    const socket = this.#options.openSocket();
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#timer = setTimeout(() => this.#lose(socket, abnormalClosure), welcomeMs);
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket || !(data instanceof ArrayBuffer)) return;
      let frame: ServerFrame["frame"];
      try {
        frame = fromBinary(ServerFrameSchema, new Uint8Array(data)).frame;
      } catch {
        // It may have been an answer that is waited for: a new session gives it again.
        this.#lose(socket, unreadable);
        return;
      }
      this.#receive(frame);
    });
    socket.addEventListener("close", ({ code }) => this.#lose(socket, code));
  }

  #receive(frame: ServerFrame["frame"]): void {
    if (frame.case === "welcome") {
      clearTimeout(this.#timer);
      this.#link = greet({ welcome: frame.value });
      this.#options.onOpen();
    } else if (frame.case === "track") {
      const { sequence, update } = frame.value;
      if (update.case === "frame") this.#owing.heard();
      else if (this.#owing.answered(sequence)) return;
      this.#options.onUpdate(frame.value);
    } else this.#owing.heard();
  }

  #lose(socket: SocketPort, code: number): void {
    if (socket !== this.#socket || this.#link === undefined) return;
    this.#leave();
    const atMs = performance.now();
    this.#follow(lose(this.#link, { kind: "socket-closed", code, atMs, random: Math.random() }));
    this.#options.onLost(this.#link.kind);
  }

  #follow([link, effects]: ReturnType<typeof lose>): void {
    this.#link = link;
    for (const effect of effects) {
      clearTimeout(this.#timer);
      if (effect.kind === "connect") this.#connect();
      else this.#timer = setTimeout(() => this.#link && this.#follow(reconnect(this.#link, false)), effect.delayMs);
    }
  }
}
