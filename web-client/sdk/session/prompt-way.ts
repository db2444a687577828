import type { SegmentRequest } from "../../../proto/index.js";
import type { Gateway } from "../http/gateway.js";
import type { SessionEvent } from "./event.js";

/** Where the prompts of an open picture go, and what comes back of them: to the service, or in part to a decoder of this program. */
export interface PromptWay {
  /** @param model "" for the usual one. */
  open(imageId: string, model: string): void;
  ask(request: SegmentRequest): void;
  /** What the service says. It is handed on, each answer once. */
  hear(event: SessionEvent): void;
  close(): void;
}

/** What a way needs of the session around it. */
interface PromptPaths {
  readonly gateway: Gateway;
  /** To the service. */
  readonly send: (request: SegmentRequest) => void;
  readonly dispatch: (event: SessionEvent) => void;
}

/** Makes the way of a picture's prompts: see `browserDecoding` of `@maskwire/client/decode`. */
export type Decoding = (paths: PromptPaths) => PromptWay;

/** All of them to the service. */
export const byService: Decoding = ({ send, dispatch }) => ({
  open() {},
  ask: send,
  hear: dispatch,
  close() {},
});
