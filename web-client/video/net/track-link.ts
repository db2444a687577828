import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClientFrameSchema,
  ServerFrameSchema,
  type TrackCommand,
  TrackCommandSchema,
  type TrackUpdate,
} from "../../../proto/index.js";
import type { SocketPort } from "../../sdk/session/socket.js";

/** A session that could not be opened, or was lost, is tried again after this, and longer each time. */
const firstRetryMs = 500;
const longestRetryMs = 15_000;
const openState = 1;

interface TrackLinkOptions {
  openSocket(): SocketPort;
  /** A session has begun, which knows nothing of the video. */
  readonly onOpen: () => void;
  readonly onUpdate: (update: TrackUpdate) => void;
  readonly onLost: () => void;
}

/** The session that a video is followed in: one WebSocket, opened again whenever it is lost as long as it is wanted. */
export class TrackLink {
  readonly #options: TrackLinkOptions;
  #socket: SocketPort | undefined;
  #isOpen = false;
  #isWanted = false;
  #sequence = 0;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TrackLinkOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** From now on there is a session. */
  want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#connect();
  }

  /** The network is back: no reason to wait. */
  hurry(): void {
    if (!this.#isWanted || this.#socket !== undefined) return;
    clearTimeout(this.#retry);
    this.#tries = 0;
    this.#connect();
  }

  close(): void {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    socket?.close();
  }

  /** @returns the number that its answers carry. */
  send(command: TrackCommand["command"]): number {
    const sequence = ++this.#sequence;
    if (this.#isOpen && this.#socket?.readyState === openState) {
      const value = create(TrackCommandSchema, { sequence, command });
      this.#socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: { case: "track", value } })));
    }
    return sequence;
  }

  #connect(): void {
    const socket = this.#options.openSocket();
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket || !(data instanceof ArrayBuffer)) return;
      const { frame } = fromBinary(ServerFrameSchema, new Uint8Array(data));
      if (frame.case === "welcome") {
        this.#isOpen = true;
        this.#tries = 0;
        this.#options.onOpen();
      } else if (frame.case === "track") this.#options.onUpdate(frame.value);
    });
    socket.addEventListener("close", () => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.#isOpen = false;
      if (!this.#isWanted) return;
      this.#options.onLost();
      const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#tries++) * (0.75 + 0.5 * Math.random());
      this.#retry = setTimeout(() => this.#connect(), delayMs);
    });
  }
}
