import { fromBinary } from "@bufbuild/protobuf";
import WebSocket from "ws";
import { ClientFrameSchema, type SegmentResponse, ServerFrameSchema } from "../../proto/index.js";
import type { SocketPort } from "../../web-client/sdk/session/socket.js";
import type { WireLog } from "./wire-log.js";

interface Watchers {
  /** A click has left. */
  onClick(sequence: number): void;
  onAnswer(response: SegmentResponse): void;
  onClose(code: number): void;
}

/** The web client's connection through the `ws` package, with every frame of clicks noted as it passes. */
export class WatchedSocket implements SocketPort {
  readonly #socket: WebSocket;
  readonly #log: WireLog;
  readonly #watchers: Watchers;

  constructor(url: string, log: WireLog, watchers: Watchers) {
    this.#log = log;
    this.#watchers = watchers;
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/ws`, "maskwire.v1", { perMessageDeflate: false });
    this.#socket.binaryType = "arraybuffer";
    // A refused connection ends with `close` too, which is what the client listens to.
    this.#socket.on("error", () => {});
    this.#socket.once("close", (code) => watchers.onClose(code));
    // The first to hear of a frame: what it means for the client comes after.
    this.#socket.addEventListener("message", ({ data }) => {
      const { frame } = fromBinary(ServerFrameSchema, new Uint8Array(data as ArrayBuffer));
      if (frame.case !== "segment") return;
      this.#log.received(frame.value);
      watchers.onAnswer(frame.value);
    });
  }

  get binaryType(): string {
    return this.#socket.binaryType;
  }

  set binaryType(type: string) {
    if (type !== "arraybuffer") throw new Error(`the client asks for ${type}`);
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const { frame } = fromBinary(ClientFrameSchema, data);
    if (frame.case === "openImage") this.#log.opened(frame.value.imageId);
    if (frame.case === "segment") {
      this.#log.sent(frame.value);
      if (!frame.value.preview) this.#watchers.onClick(frame.value.sequence);
    }
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close();
  }

  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void;
  addEventListener(type: "message" | "close", listener: (event: never) => void): void {
    this.#socket.addEventListener(type, listener as (event: unknown) => void);
  }

  /** Without the closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }
}
