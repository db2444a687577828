import { create } from "@bufbuild/protobuf";
import { type MaskFormat, SegmentRequestSchema, type SegmentResponse } from "../../proto/index.js";
import { segmentRequest } from "../../web-client/sdk/session/request.js";
import { clickOn } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import type { Picture } from "./album.js";
import type { Stage } from "./stage.js";
import { WireLog } from "./wire-log.js";

/** A program's session rather than a person's: clicks when it likes, reads when it likes. Its clicks count like everybody's. */
export class RawSession implements AsyncDisposable {
  readonly #socket: SocketClient;
  readonly #log: WireLog;
  readonly #picture: Picture;

  private constructor(socket: SocketClient, picture: Picture, stage: Stage) {
    this.#socket = socket;
    this.#picture = picture;
    this.#log = new WireLog(stage.faults, stage.expected);
  }

  static async open(url: string, picture: Picture, stage: Stage): Promise<RawSession> {
    const session = new RawSession(await SocketClient.join(url), picture, stage);
    session.#log.opened(picture.imageId);
    await session.#socket.openReady(picture.imageId);
    return session;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  get closed(): Promise<{ code: number }> {
    return this.#socket.closed;
  }

  /** Clicks that this session has not been answered. */
  get unanswered(): readonly number[] {
    return this.#log.unanswered;
  }

  /** A click on the disc, whose masks are known. */
  click(sequence: number, formats: MaskFormat[] = []): void {
    const { width, height } = this.#picture;
    const points = [{ ...clickOn("disc", width, height), label: 1 as const }];
    const request = create(SegmentRequestSchema, {
      ...segmentRequest(sequence, { points, box: undefined, mask: undefined }, false),
      formats,
    });
    this.#log.sent(request);
    this.#socket.segment(request);
  }

  /** The next answer. @throws Error when the session is closed and all it had brought was read. */
  async next(): Promise<SegmentResponse> {
    for (;;) {
      const { frame } = await this.#socket.nextFrame();
      if (frame.case !== "segment") continue;
      this.#log.received(frame.value);
      return frame.value;
    }
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket[Symbol.asyncDispose]();
  }
}
