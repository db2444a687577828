import { type ClientFrame, CloseCode, type TrackCommand } from "../../proto/index.js";
import { overloaded } from "../../services/runtime/errors.js";
import type { Logger } from "../../services/runtime/logger.js";
import { explain } from "./explain.js";
import { type FrameForm, readFrame, type ServerMessage, writeFrame } from "./frames.js";

/** What a connection needs of its WebSocket. */
export interface Socket {
  readonly isOpen: boolean;
  /** Bytes handed over and not yet sent. */
  readonly bufferedBytes: number;
  send(data: Uint8Array | string): void;
  /** Resolves when no more than so many bytes are left of those, or it is closed. */
  drained(bytes: number): Promise<void>;
  close(code: CloseCode, reason: string): void;
}

/** Where a session's answers go. */
export interface Outlet {
  send(message: ServerMessage): void;
  /** What resolves when the client has caught up with what it was sent; undefined where it has. */
  caughtUp(): Promise<void> | undefined;
}

/** Who takes a connection's frames once they are read. */
export interface Receiver {
  /** @param frameBytes of the frame that brought the message. @throws ServiceError for one that is no better than unreadable. */
  take(message: ClientFrame["frame"], frameBytes: number): void;
}

interface ConnectionOptions {
  maxBufferedBytes: number;
  logger: Pick<Logger, "error">;
  /** It does not read its answers. */
  onSlowReader(): void;
  /** Its frame is worth so many more than one (F7). */
  onDearFrame(more: number): void;
}

/** Of frames that have other tiers asked at once: as many as so many others (F7). */
const prices: Partial<Record<NonNullable<ClientFrame["frame"]["case"]>, number>> = { openImage: 5, everything: 10 };
/** The same of what is asked of a video. */
export const pricesOfTracks: Partial<Record<NonNullable<TrackCommand["command"]["case"]>, number>> = {
  open: 5,
  run: 10,
};
const priceOf = (frame: ClientFrame["frame"]): number =>
  (frame.case === "track" ? pricesOfTracks[frame.value.command.case ?? "cancel"] : frame.case && prices[frame.case]) ??
  1;

/** What is not read of a client's answers before what nobody waits for is held up (Y7). */
const enoughBytes = 256 * 1024;

/** F5 */
const maxBadFrames = 10;

/** One WebSocket: reads frames for a session and writes its answers in their form. */
export class Connection implements Outlet {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  #form: FrameForm;
  #badFrames = 0;

  /** @param form of what is sent before the client's first frame (F3). */
  constructor(socket: Socket, form: FrameForm, options: ConnectionOptions) {
    this.#socket = socket;
    this.#form = form;
    this.#options = options;
  }

  receive(data: Uint8Array, form: FrameForm, receiver: Receiver): void {
    this.#form = form;
    try {
      const { frame } = readFrame(data, form);
      this.#badFrames = 0;
      const price = priceOf(frame);
      if (price > 1) this.#options.onDearFrame(price - 1);
      receiver.take(frame, data.byteLength);
    } catch (error) {
      // F4
      this.#tell(error);
      if (++this.#badFrames >= maxBadFrames) this.close(CloseCode.BAD_FRAMES, "too many unreadable frames");
    }
  }

  /** F7: its frames come faster than they are read. */
  slowed(waitMs: number): void {
    this.#tell(overloaded("Frames come faster than they are read; send fewer, and wait for answers.", waitMs));
  }

  send(message: ServerMessage): void {
    if (!this.#socket.isOpen) return;
    this.#socket.send(writeFrame(message, this.#form));
    // B1
    if (this.#socket.bufferedBytes > this.#options.maxBufferedBytes) {
      this.#options.onSlowReader();
      this.close(CloseCode.SLOW_READER, "answers are not being read");
    }
  }

  caughtUp(): Promise<void> | undefined {
    return this.#socket.isOpen && this.#socket.bufferedBytes > enoughBytes
      ? this.#socket.drained(enoughBytes)
      : undefined;
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.close(code, reason);
  }

  #tell(error: unknown): void {
    this.send({ case: "error", value: explain(error, this.#options.logger) });
  }
}
