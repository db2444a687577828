import { fromBinary } from "@bufbuild/protobuf";
import type { Page } from "playwright-core";
import { ClientFrameSchema, ServerFrameSchema } from "../../proto/index.js";

/** Stands in a page's WebSocket and keeps the service's answers to prompts from it for a while: a way as long as a test wants it. */
export class HeldAnswers {
  /** While answers are held. */
  previewsAsked = 0;
  #held: (() => void)[] | undefined;

  /** Before the page connects. */
  watch(page: Page): Promise<void> {
    return page.routeWebSocket("**/v1/ws", (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        const { frame } = fromBinary(ClientFrameSchema, bytesOf(message));
        if (this.#held && frame.case === "segment" && frame.value.preview) this.previewsAsked++;
        server.send(message);
      });
      server.onMessage((message) => {
        const isAnswer = fromBinary(ServerFrameSchema, bytesOf(message)).frame.case === "segment";
        if (this.#held && isAnswer) this.#held.push(() => socket.send(message));
        else socket.send(message);
      });
    });
  }

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const send of held) send();
  }
}

const bytesOf = (payload: string | Buffer) => (typeof payload === "string" ? Buffer.from(payload) : payload);
