import { ErrorCode } from "../../../proto/index.js";
import { ask, type Gateway } from "../http/gateway.js";
import { errorOf } from "../maskwire-error.js";
import { pause } from "../pause.js";
import { failureOfAnswer } from "../upload/upload-lines.js";
import { uploadPath } from "../upload/upload-path.js";

/** Tries of one frame, and how long to wait when nobody says. */
const mostTries = 8;
const pauseMs = 1000;
const longestPauseMs = 15_000;

interface Frame {
  readonly imageId: string;
  readonly model: string | undefined;
  file(): Promise<Blob>;
  /** The service was there before: it is waited for as long as it takes, as the video's connection does. */
  hasBegun(): boolean;
}

type Request = (signal: AbortSignal) => Promise<Response>;

type Answer = {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
};

/** Has the service keep a frame; its file is sent only where it does not have it. @throws MaskwireError; TypeError when it cannot be reached, and never was. */
export async function putFrame(gateway: Gateway, frame: Frame, signal: AbortSignal): Promise<void> {
  const { imageId, model } = frame;
  const query = model ? `?model=${encodeURIComponent(model)}` : "";
  for (let tries = 1; ; tries++) {
    const look = (own: AbortSignal) => ask(gateway, `v1/images/${imageId}${query}`, { signal: own });
    const found = await reached(look, frame, signal);
    if (found.ok) return;
    const body = await frame.file();
    const post = (own: AbortSignal) =>
      fetch(gateway.at(uploadPath({ imageId, model, isAhead: true })), {
        method: "POST",
        headers: { "content-type": "application/octet-stream", ...gateway.headers() },
        body,
        signal: own,
      });
    const sent = await reached(post, frame, signal);
    if (sent.ok) return;
    const failure = failureOfAnswer(sent.status, sent.text, sent.retryAfter);
    const isOver = failure.error.code === ErrorCode.INVALID_ARGUMENT || failure.remedy !== "wait" || tries >= mostTries;
    if (isOver) throw errorOf(failure);
    await pause(failure.retryAfterMs ?? pauseMs, signal);
  }
}

/** An answer, as soon as there is one: a network may be away for a while. */
async function reached(request: Request, frame: Frame, signal: AbortSignal): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      const { ok, status, headers, text } = await whole(request, signal);
      return { ok, status, text, retryAfter: headers.get("retry-after") };
    } catch (error) {
      // Of `fetch`: nobody was reached, or the answer broke off.
      if (!(error instanceof TypeError) || (!frame.hasBegun() && tries >= mostTries)) throw error;
    }
    await pause(Math.min(longestPauseMs, pauseMs * 2 ** Math.min(tries - 1, 4)), signal);
  }
}

/** By a signal of its own: some `fetch` listens to the one that it is given until it is collected, and a video's is there for thousands. */
async function whole(request: Request, signal: AbortSignal) {
  signal.throwIfAborted();
  const own = new AbortController();
  const leave = () => own.abort(signal.reason);
  signal.addEventListener("abort", leave);
  try {
    const answer = await request(own.signal);
    const { ok, status, headers } = answer;
    return { ok, status, headers, text: await answer.text() };
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
