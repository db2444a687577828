import { errorOf } from "../maskwire-error.js";
import { pause } from "../pause.js";
import type { Corners, Spot } from "../spot.js";
import { failureOfAnswer } from "../upload/upload-lines.js";
import { ask, type Gateway } from "./gateway.js";
import { reached } from "./reached.js";

/** What describes the object that is cut out. At least one part must be there. */
export interface CutPrompt {
  readonly points?: readonly (Spot & { readonly label?: 0 | 1 })[];
  readonly box?: Corners;
  /** Words, for what they name. */
  readonly text?: string;
}

interface CutTerms {
  readonly file: Blob;
  readonly prompt: CutPrompt;
  readonly model?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Tries, and how long to wait before the second when nobody says. */
const mostTries = 5;
const firstPauseMs = 500;
const never = new AbortController().signal;

/**
 * The best mask's object on transparency, as a PNG file; asked again where the service is busy for a while.
 * @throws MaskwireError; the signal's reason.
 */
export async function cutOut(gateway: Gateway, terms: CutTerms): Promise<Uint8Array<ArrayBuffer>> {
  const { file, signal = never } = terms;
  const path = `v1/cutout?${queryOf(terms)}`;
  const headers = { "content-type": "application/octet-stream" };
  for (let tries = 1; ; tries++) {
    const answer = await reached(gateway, () => ask(gateway, path, { method: "POST", headers, body: file, signal }));
    if (answer.ok) return new Uint8Array(await reached(gateway, () => answer.arrayBuffer()));
    const failure = failureOfAnswer(answer.status, await answer.text(), answer.headers.get("retry-after"));
    if (failure.remedy !== "wait" || tries === mostTries) throw errorOf(failure);
    await pause(failure.retryAfterMs ?? firstPauseMs * 2 ** (tries - 1), signal);
  }
}

function queryOf({ prompt: { points = [], box, text }, model }: CutTerms): URLSearchParams {
  const query = new URLSearchParams();
  for (const { x, y, label } of points) query.append(label === 0 ? "negative" : "point", `${x},${y}`);
  if (box !== undefined) query.append("box", [box.x0, box.y0, box.x1, box.y1].join(","));
  if (text !== undefined) query.append("text", text);
  if (model !== undefined) query.append("model", model);
  return query;
}
