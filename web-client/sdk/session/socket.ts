import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ClientFrame, ClientFrameSchema, ServerFrameSchema } from "../../../proto/index.js";
import type { SessionEvent } from "./event.js";

/** Longer than this without a welcome, and another try has better chances. */
const welcomeMs = 10_000;
/** How a connection ends that is lost, or never came about. */
export const abnormalClosure = 1006;
/** A frame that cannot be read: of another version, or damaged. */
export const unreadable = 1007;
/** `WebSocket.OPEN`. */
const open = 1;

/** What a session needs of a WebSocket: the browser's own and the `ws` package's are both such. */
export interface SocketPort {
  binaryType: string;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void;
}

/** The session's WebSocket: one at a time, its frames as events. */
export class Socket {
  readonly #open: () => SocketPort;
  readonly #dispatch: (event: SessionEvent) => void;
  #socket: SocketPort | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAtMs = 0;

  constructor(openSocket: () => SocketPort, dispatch: (event: SessionEvent) => void) {
    this.#open = openSocket;
    this.#dispatch = dispatch;
  }

  /** When a frame came last. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  connect(): void {
    this.#socket?.close();
    const socket = this.#open();
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#timer = setTimeout(() => this.#lose(socket, abnormalClosure), welcomeMs);
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket || !(data instanceof ArrayBuffer)) return;
      try {
        this.#receive(new Uint8Array(data));
      } catch {
        // A frame that cannot be read may have been the answer to a click: a new session answers it again.
        this.#lose(socket, unreadable);
      }
    });
    socket.addEventListener("close", ({ code }) => this.#lose(socket, code));
  }

  send(frame: ClientFrame["frame"]): void {
    // What cannot be sent is sent again after the reconnection that its closing leads to.
    if (this.#socket?.readyState !== open) return;
    this.#socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })));
  }

  /** Gives the connection up; the browser itself may take minutes to notice that the network is gone. */
  drop(): void {
    if (this.#socket !== undefined) this.#lose(this.#socket, abnormalClosure);
  }

  /** Ends the connection without a word to the state. */
  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    socket?.close();
  }

  #receive(bytes: Uint8Array): void {
    const atMs = performance.now();
    this.#heardAtMs = atMs;
    const { frame } = fromBinary(ServerFrameSchema, bytes);
    switch (frame.case) {
      case "welcome":
        clearTimeout(this.#timer);
        this.#dispatch({ kind: "welcome", welcome: frame.value, atMs });
        break;
      case "image":
        this.#dispatch({ kind: "image-event", event: frame.value, atMs });
        break;
      case "segment":
        this.#dispatch({ kind: "answer", response: frame.value, atMs });
        break;
      case "everything":
        this.#dispatch({ kind: "everything-event", event: frame.value, atMs });
        break;
      case "everythingFailed":
        this.#dispatch({ kind: "everything-failed", error: frame.value, atMs });
        break;
      case "error":
        this.#dispatch({ kind: "frame-error", error: frame.value });
        break;
    }
  }

  #lose(socket: SocketPort, code: number): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    socket.close();
    this.#dispatch({ kind: "socket-closed", code, atMs: performance.now(), random: Math.random() });
  }
}
