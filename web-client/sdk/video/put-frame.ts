import { ErrorCode } from "../../../proto/index.js";
import { ask, type Gateway } from "../http/gateway.js";
import { errorOf } from "../maskwire-error.js";
import { failureOfAnswer } from "../upload/upload-lines.js";
import { uploadPath } from "../upload/upload-path.js";

/** Tries of one frame, and how long to wait when nobody says. */
const mostTries = 8;
const pauseMs = 1000;

interface Frame {
  readonly imageId: string;
  readonly model: string | undefined;
  file(): Promise<Blob>;
}

/** Has the service keep a frame; its file is sent only where it does not have it. @throws MaskwireError; TypeError when it cannot be reached. */
export async function putFrame(gateway: Gateway, { imageId, model, file }: Frame, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    const found = await ask(gateway, `v1/images/${imageId}${model ? `?model=${encodeURIComponent(model)}` : ""}`, {
      signal,
    });
    await found.text();
    if (found.ok) return;
    const sent = await fetch(gateway.at(uploadPath({ imageId, model, isAhead: true })), {
      method: "POST",
      headers: { "content-type": "application/octet-stream", ...gateway.headers() },
      body: await file(),
      signal,
    });
    const text = await sent.text();
    if (sent.ok) return;
    const failure = failureOfAnswer(sent.status, text, sent.headers.get("retry-after"));
    const isOver = failure.error.code === ErrorCode.INVALID_ARGUMENT || failure.remedy !== "wait" || tries >= mostTries;
    if (isOver) throw errorOf(failure);
    await pause(failure.retryAfterMs ?? pauseMs, signal);
  }
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
    if (signal.aborted) reject(signal.reason);
  });
}
