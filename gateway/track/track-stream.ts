import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  SegmentRequestSchema,
  type TrackCommand,
  type TrackService,
  type TrackUpdateSchema,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import type { Send, ServiceImplementation } from "../../services/runtime/grpc/serve.js";
import { type Holder, holderOf } from "../../services/runtime/limits/shares.js";
import type { AskCall } from "../ask/answer.js";
import { explain } from "../sessions/explain.js";
import { type SessionBytes, weightOf } from "../sessions/waiting-bytes.js";
import { stopping, type Videos } from "./videos.js";

interface TrackStreamOptions {
  videos: Pick<Videos, "open" | "enterStream" | "stopping">;
  /** For what the prompts of a caller's videos hold that wait. */
  waitingOf: (who: Holder) => SessionBytes;
}

/** `TrackService.Track`: a video a stream (Y4). */
export function trackStream({
  videos,
  waitingOf,
}: TrackStreamOptions): ServiceImplementation<typeof TrackService>["track"] {
  return async (commands, send, context) => {
    const { origin, principal, logger } = context;
    // Who does not read ends the stream, and so does a gateway that stops, once it has said so.
    const over = new AbortController();
    const signal = AbortSignal.any([context.signal, over.signal]);
    const call: AskCall = { signal, origin, principal };
    const leave = videos.enterStream(call);
    const waiting = waitingOf(holderOf(origin));
    const video = videos.open(
      {
        send: (sequence, update) => sent(send, { sequence, update }),
        unread: () => over.abort(notRead()),
      },
      {
        call,
        holdWaiting: (bytes) => waiting.hold(bytes),
        explain: (error) => explain(error, logger),
      },
    );
    const stop = async () => {
      video.giveUp(toErrorMessage(stopping()));
      await video.idle(signal);
      over.abort(stopping());
    };
    const onStop = () => void stop();
    videos.stopping.addEventListener("abort", onStop);
    try {
      const reading = (async () => {
        for await (const command of commands) {
          video.take(command, weightOfCommand(command));
          // Its answers would pile up here.
          await video.caughtUp(signal);
        }
        video.ended();
        await video.idle(signal);
      })();
      reading.catch(() => {});
      await Promise.race([reading, aborted(over.signal)]);
    } finally {
      videos.stopping.removeEventListener("abort", onStop);
      video.close();
      leave();
    }
  };
}

const notRead = () =>
  new ServiceError({
    code: Code.DEADLINE_EXCEEDED,
    message: "The video's answers were not read for too long; open it again, and read them.",
  });

/** What cannot be sent any more is nobody's. */
const sent = (
  send: Send<MessageInitShape<typeof TrackUpdateSchema>>,
  update: MessageInitShape<typeof TrackUpdateSchema>,
) => send(update).catch(() => {});

/** What it takes while it waits for its answer. */
function weightOfCommand({ command }: TrackCommand): number {
  if (command.case !== "prompt") return 0;
  const prompt = command.value.prompt?.prompt;
  const source = prompt?.mask?.source;
  const ofMask =
    source?.case === "rle"
      ? source.value.counts.length
      : source?.case === "lowResLogits"
        ? source.value.data.length
        : 0;
  return weightOf(create(SegmentRequestSchema, prompt ? { prompt } : {}), ofMask);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
