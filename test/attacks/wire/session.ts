import { once } from "node:events";
import { fromBinary, fromJsonString } from "@bufbuild/protobuf";
import WebSocket from "ws";
import { CloseCode, type ServerFrame, ServerFrameSchema } from "../../../proto/index.js";
import { checkErrorMessage } from "../answers.js";
import type { Tally } from "../tally.js";

interface SessionOptions {
  url: string;
  from: string;
  form?: "binary" | "text";
  tally: Tally;
  /** Frames that came, besides the check of their form. */
  onFrame?: (frame: ServerFrame["frame"]) => void;
}

/** What the WebSocket's own standard lets a server say of frames that break it (RFC 6455, section 7.4.1). */
const ofTheStandard = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1013];

/** An attacker's session: sends anything, holds every frame that comes against the contract. */
export class AttackerSession {
  readonly #socket: WebSocket;
  readonly closed: Promise<number>;

  private constructor({ url, from, form = "binary", tally, onFrame }: SessionOptions) {
    const protocols = form === "binary" ? ["maskwire.v1"] : [];
    const options = {
      localAddress: from,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      rejectUnauthorized: false,
    };
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/ws`, protocols, options);
    this.#socket.on("error", () => {});
    this.#socket.on("message", (data: Buffer, isBinary) => {
      const frame = readServerFrame(data, isBinary, tally);
      if (!frame) return;
      tally.note(problemOf(frame));
      onFrame?.(frame);
    });
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", (code) => {
        const isKnown = ofTheStandard.includes(code) || CloseCode[code] !== undefined;
        if (!isKnown) tally.note(`the unknown close code ${code}`);
        resolve(code);
      });
    });
  }

  /** @returns undefined when it is refused at the door. */
  static async open(options: SessionOptions): Promise<AttackerSession | undefined> {
    const session = new AttackerSession(options);
    await Promise.race([once(session.#socket, "open").catch(() => {}), session.closed]);
    if (session.isOpen) return session;
    options.tally.refused();
    return undefined;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Bytes that have not left yet. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: Uint8Array | string): void {
    if (this.isOpen) this.#socket.send(data, () => {});
  }

  /** Resolves when what was sent has been read over there, or the session is over, or it takes too long. */
  async read(ms = 10_000): Promise<void> {
    if (!this.isOpen) return;
    const pong = new Promise<void>((resolve) => this.#socket.once("pong", () => resolve()));
    this.#socket.ping(undefined, undefined, () => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([pong, this.closed, late]);
    clearTimeout(timer);
  }

  pause(): void {
    this.#socket.pause();
  }

  leave(): void {
    this.#socket.terminate();
  }
}

function readServerFrame(data: Buffer, isBinary: boolean, tally: Tally): ServerFrame["frame"] | undefined {
  try {
    return (isBinary ? fromBinary(ServerFrameSchema, data) : fromJsonString(ServerFrameSchema, data.toString("utf8")))
      .frame;
  } catch {
    tally.note(`a frame that is none: ${data.toString("latin1", 0, 100)}`);
    return undefined;
  }
}

function problemOf({ case: kind, value }: ServerFrame["frame"]): string | undefined {
  if (kind === "error" || kind === "everythingFailed") return checkErrorMessage(value);
  if (kind === "segment" && value.outcome.case === "error") return checkErrorMessage(value.outcome.value);
  if (kind === "image" && value.event.case === "failed") return checkErrorMessage(value.event.value);
  return undefined;
}
