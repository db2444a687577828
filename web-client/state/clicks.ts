import { ErrorCode, type Error as WireError } from "../../proto/index.js";
import { answerKind } from "../sdk/session/answer-kind.js";
import { againAfter, type Click, dueClicks, unsent } from "../sdk/session/waiting.js";
import { words } from "../words/words.js";
import { asAsked, promptsFor, withoutStartOf } from "./as-asked.js";
import { sketched } from "./drafts.js";
import { settle } from "./edit.js";
import { failureOf } from "./errors.js";
import type { Effect, EventOf } from "./event.js";
import { viewFor } from "./finer.js";
import type { Latency, ShownPicture, State } from "./state.js";
import type { Edit } from "./work.js";

/**
 * Sends the clicks that have not been sent on this connection, up to the gateway's limit. It keeps those of a picture
 * that is not ready yet, so nothing waits here once the picture has been opened.
 */
export function flush(state: State, atMs: number): readonly [State, readonly Effect[]] {
  const { link, picture } = state;
  if (link.kind !== "open" || picture.kind === "empty" || picture.kind === "refused") return [state, []];
  if (picture.info.imageId === undefined || (picture.kind === "opening" && picture.resting)) return [state, []];
  const effects: Effect[] = [];
  const view = viewFor(state, picture.info);
  const due = dueClicks(picture.edit.waiting, link.limits.waitingClicks, atMs);
  if (due.length === 0) return [state, []];
  for (const { sequence, prompts: own } of due) {
    const prompts = promptsFor(state.models, own);
    effects.push({ kind: "segment", sequence, prompts, preview: false, ...(view && { view }) });
  }
  const waiting = picture.edit.waiting.map((click) => (due.includes(click) ? { ...click, sentAtMs: atMs } : click));
  const asked = new Set(due.map(({ sequence }) => sequence));
  const edit = asAsked({ ...picture.edit, waiting }, asked, state.models.chosen);
  return [{ ...state, picture: { ...picture, edit } }, effects];
}

/** A new connection knows nothing of the old one's clicks. */
export function unsend(picture: ShownPicture): ShownPicture {
  return { ...picture, edit: { ...picture.edit, waiting: picture.edit.waiting.map(unsent) } };
}

export function answerClick(
  state: State,
  picture: ShownPicture,
  click: Click,
  event: EventOf<"answer">,
): readonly [State, readonly Effect[]] {
  const { response, atMs } = event;
  const { outcome } = response;
  if (outcome.case !== "result") return refuseClick(state, picture, click, outcome.value, atMs);
  if (answerKind(response) === "draft") return [sketched(state, picture, click, outcome.value), []];
  if (outcome.value.masks.length === 0) return settled(state, picture, click, words.problems.nothingThere, atMs);
  const latency =
    picture.edit.present.sequence === click.sequence ? measure(state, picture, click, event) : state.latency;
  const edit = settle(picture.edit, click.sequence, { masks: outcome.value.masks, chosen: 0 });
  return flush({ ...state, latency, clickAnsweredAtMs: atMs, picture: { ...picture, edit } }, atMs);
}

function refuseClick(
  state: State,
  picture: ShownPicture,
  click: Click,
  error: WireError | undefined,
  atMs: number,
): readonly [State, readonly Effect[]] {
  // Nothing leads to what it was to start from. All its points say nearly as much, and any later click would start there too.
  if (error?.code === ErrorCode.FAILED_PRECONDITION && click.prompts.from !== undefined) {
    const bare = withoutStartOf(picture.edit, click.sequence, state.models.chosen);
    return flush({ ...state, picture: sentAgain(picture, bare, click) }, atMs);
  }
  const failure = failureOf(error);
  const again = againAfter(click, failure, atMs);
  if (again === undefined) return settled(state, picture, click, failure.message, atMs);
  const { delayMs } = again;
  const waiting = picture.edit.waiting.map((other) => (other.sequence === click.sequence ? again.click : other));
  return [
    { ...state, picture: { ...picture, edit: { ...picture.edit, waiting } } },
    [{ kind: "timer", name: "resend", delayMs }],
  ];
}

function sentAgain(picture: ShownPicture, edit: Edit, { sequence }: Click): ShownPicture {
  const waiting = edit.waiting.map((click) => (click.sequence === sequence ? unsent(click) : click));
  return { ...picture, edit: { ...edit, waiting } };
}

function settled(state: State, picture: ShownPicture, click: Click, problem: string, atMs: number) {
  return flush({ ...state, picture: { ...picture, edit: settle(picture.edit, click.sequence, problem) } }, atMs);
}

/**
 * Where the time of a click went. What the service did not spend, the way there and back did. The gateway works on one
 * click of a page at a time: one sent while it was busy with another stood in line until that one's answer came. A preview
 * holds none up: the click takes its place.
 */
function measure(
  state: State,
  picture: ShownPicture,
  click: Click,
  { response, place = "server", atMs }: EventOf<"answer">,
): Latency {
  const timings = response.outcome.case === "result" ? response.outcome.value.timings : undefined;
  const [queueMs, embeddingMs, decodeMs, maskMs] = [
    timings?.queueMs ?? 0,
    timings?.embeddingMs ?? 0,
    timings?.decodeMs ?? 0,
    timings?.maskMs ?? 0,
  ];
  const readyAtMs = picture.kind === "ready" ? picture.sinceMs : 0;
  const startedAtMs = Math.min(atMs, Math.max(click.madeAtMs, click.sentAtMs ?? 0, readyAtMs));
  const serviceMs = queueMs + embeddingMs + decodeMs + maskMs;
  const lineMs = Math.min(
    Math.max(0, state.clickAnsweredAtMs - startedAtMs),
    Math.max(0, atMs - startedAtMs - serviceMs),
  );
  const networkMs = Math.max(0, atMs - startedAtMs - lineMs - serviceMs);
  const waitMs = startedAtMs - click.madeAtMs;
  return {
    sequence: click.sequence,
    place,
    waitMs,
    // Here there is none: what the decoder did not take, others' turns did.
    networkMs: place === "here" ? 0 : networkMs,
    queueMs: lineMs + queueMs + (place === "here" ? networkMs : 0),
    embeddingMs,
    decodeMs,
    maskMs,
    answeredAtMs: atMs,
    drawMs: undefined,
  };
}
