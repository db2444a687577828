import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { type ClientFrame, ClientFrameSchema, type ServerFrame, ServerFrameSchema } from "../../../proto/index.js";
import { anyone } from "../../../services/runtime/callers/principal.js";
import { fakeLogger } from "../../../services/runtime/testing/fake-logger.js";
import type { AskOptions } from "../../ask/ask.js";
import { noDetailEvents } from "../../ask/detail/detail-metrics.js";
import { fakeVideos } from "../../track/testing/fake-videos.js";
import type { Outlet } from "../connection.js";
import type { ServerMessage } from "../frames.js";
import type { SessionDeps } from "../session.js";
import { type Fakes, fakeAsk } from "./fake-ask.js";

/** What a session needs, of tiers that a test plays. */
export function sessionDeps(fakes: Fakes, options?: Partial<AskOptions>): SessionDeps {
  const { ask, line } = fakeAsk(fakes, options);
  return {
    ask,
    line,
    videos: fakeVideos(ask),
    logger: fakeLogger(),
    visitor: { principal: anyone, caller: { key: "somebody" } },
    waiting: { hold: () => () => {} },
    limits: {
      maxWaitingClicks: 3,
      clickRetryMs: 200,
      maxImageBytes: 11,
      maxImagePixels: 22,
      pictureUrls: true,
      waitingMs: 60_000,
      detail: { perPicture: 2, perSession: 3 },
    },
    onClick: () => {},
    detailEvents: noDetailEvents,
  };
}

/** Keeps what a session says. */
export class Ear implements Outlet {
  readonly frames: ServerFrame["frame"][] = [];

  send(message: ServerMessage): void {
    this.frames.push(create(ServerFrameSchema, { frame: message }).frame);
  }

  caughtUp(): undefined {}

  /** In a word or two each. */
  get heard(): string[] {
    return this.frames.map(({ case: kind, value }) => {
      if (kind === "image") return `image ${value.event.case}`;
      if (kind === "segment") return `${value.outcome.case} ${value.sequence}`;
      return String(kind);
    });
  }
}

/** A client's message as its frame carries it. */
export const message = (frame: MessageInitShape<typeof ClientFrameSchema>["frame"]): ClientFrame["frame"] =>
  create(ClientFrameSchema, { frame } as never).frame;
