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
import { pricesOfTracks } from "../sessions/connection.js";
import { explain } from "../sessions/explain.js";
import { type Purse, paid } from "../sessions/paid.js";
import { type SessionBytes, weightOf } from "../sessions/waiting-bytes.js";
import { stopping, type Videos } from "./videos.js";

interface TrackStreamOptions {
  videos: Pick<Videos, "open" | "enterStream" | "stopping">;
  /** For what the prompts of a caller's videos hold that wait. */
  waitingOf: (who: Holder) => SessionBytes;
  /** The pace of a stream's commands, as a session's frames have it (F7). */
  enter(call: AskCall): Purse & { onDearFrame(more: number): void; leave(): void };
}

/** `TrackService.Track`: a video a stream (Y4). */
export function trackStream({
  videos,
  waitingOf,
  enter,
}: TrackStreamOptions): ServiceImplementation<typeof TrackService>["track"] {
  return async (commands, send, context) => {
    const { origin, principal, logger } = context;
    // Who does not read ends the stream, and so does a gateway that stops, once it has said so.
    const over = new AbortController();
    const signal = AbortSignal.any([context.signal, over.signal]);
    const call: AskCall = { signal, origin, principal };
    const leave = videos.enterStream(call);
    const pace = enter(call);
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
          await paid(pace, sizeOf(command), signal);
          const begun = performance.now();
          pace.onDearFrame((pricesOfTracks[command.command.case ?? "cancel"] ?? 1) - 1);
          video.take(command, weightOfCommand(command));
          for (const work of pace.work) work.spend(performance.now() - begun);
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
      pace.leave();
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

/** Bytes of what a command carries, about as many as came. */
function sizeOf({ command }: TrackCommand): number {
  if (command.case === "open" || command.case === "append") return command.value.imageIds.length * idBytes;
  if (command.case === "prompt") return weightOfCommand({ command } as TrackCommand);
  if (command.case !== "known") return 0;
  let bytes = 0;
  for (const { masks } of command.value.frames)
    for (const { rle } of masks) bytes += maskBytes + (rle?.counts.length ?? 0);
  return bytes;
}

const idBytes = 73;
const maskBytes = 16;

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
