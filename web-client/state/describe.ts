import type { Link } from "../sdk/session/link.js";
import { hasPrompts } from "../sdk/session/prompts.js";
import { words } from "../words/words.js";
import { announceOverlay, describeOverlay } from "./describe-everything.js";
import type { Description } from "./description.js";
import { shownDraft } from "./drafts.js";
import { shownAnswer } from "./edit.js";
import { duration, momentMs, percent } from "./numbers.js";
import { pickedPoint, promptsInSight } from "./pointed.js";
import { type Latency, overlayOf, type ShownPicture, type State } from "./state.js";
import type { Edit } from "./work.js";

/** Most answers come sooner: words that changed for so short a time would only flicker. */
const patienceMs = 240;

/** The state in words, for the status line and for screen readers. */
export function describe(state: State, nowMs: number): Description {
  const { picture, loading } = state;
  if (loading !== undefined) return { text: words.status.opening(loading.name), progress: null, problem: false };
  if (picture.kind === "empty") return { text: words.status.noPicture, progress: undefined, problem: false };
  return describePicture(state, picture, nowMs);
}

function describePicture(state: State, picture: ShownPicture, nowMs: number): Description {
  switch (picture.kind) {
    case "opening":
      if (state.link.kind !== "open") return { text: words.status.waitingForLink, progress: null, problem: false };
      return { text: words.status.asking, progress: null, problem: false };
    case "uploading":
      if (picture.whyAgain !== undefined && picture.sentBytes === 0) {
        return { text: words.status.sendingAgain(picture.whyAgain), progress: null, problem: false };
      }
      // The first try is the upload that a missing picture always needs.
      if (picture.tries > 1 && picture.sentBytes === 0) {
        return { text: words.status.tryingAgain, progress: null, problem: false };
      }
      return describeUpload(picture.sentBytes, picture.info.bytes, nowMs - picture.sinceMs);
    case "queued": {
      const leftMs = picture.etaMs - (nowMs - picture.sinceMs);
      return { text: withTimeLeft(words.status.inLine(picture.position), leftMs), progress: null, problem: false };
    }
    case "encoding": {
      const goneMs = nowMs - picture.sinceMs;
      const drafted = picture.hasDraft ? draftWords(picture) : undefined;
      if (drafted !== undefined) return { text: drafted, progress: studied(state, goneMs), problem: false };
      const wholeMs = state.lastEncodeMs;
      if (wholeMs === undefined) return { text: words.status.studying, progress: null, problem: false };
      const leftMs = wholeMs - goneMs;
      const left = leftMs > momentMs ? words.status.aboutLeft(duration(leftMs)) : words.status.momentLeft;
      return { text: words.status.studyingLeft(left), progress: studied(state, goneMs), problem: false };
    }
    case "refused":
      return { text: picture.message, progress: undefined, problem: true };
    case "ready":
      return overlayOf(picture) === undefined
        ? describeObject(picture, nowMs)
        : describeOverlay(picture.everything, nowMs);
  }
}

/** How much of it is done, after so long. */
function studied({ lastEncodeMs }: State, goneMs: number): number | null {
  return lastEncodeMs === undefined ? null : Math.min(0.97, goneMs / lastEncodeMs);
}

/** While there is no more than a draft; also what it has found, while the final mask is on its way. */
function draftWords(picture: ShownPicture): string {
  const draft = overlayOf(picture) === undefined ? shownDraft(picture) : undefined;
  if (draft === undefined) return words.status.drafted;
  return words.status.draft(percent(draft.mask.area / (picture.info.width * picture.info.height)));
}

function describeUpload(sentBytes: number, bytes: number, goneMs: number): Description {
  const share = bytes > 0 ? Math.min(1, sentBytes / bytes) : 0;
  if (share >= 1) return { text: words.status.uploaded, progress: null, problem: false };
  const leftMs = share > 0 ? (goneMs / share) * (1 - share) : 0;
  const text = words.status.uploading(Math.floor(share * 100));
  // The first moments say little about the rest.
  return { text: goneMs > 500 ? withTimeLeft(text, leftMs) : text, progress: share, problem: false };
}

/** Ready, and what was left out of the file or changed in it: few files have any of that. Turning it upright is nothing new. */
function readyWords({ reading }: ReadyPicture): string {
  if (!reading) return words.status.ready;
  const { page, pages, bands, range } = reading;
  const value = (number: number) => String(Number(number.toPrecision(6)));
  const notes = [
    ...(pages > 1 ? [words.status.pageTaken(page, pages)] : []),
    ...(bands.length > 0 ? [words.status.bandsTaken(bands.join(", "))] : []),
    ...(range ? [words.status.stretched(value(range.low), value(range.high))] : []),
  ];
  return [words.status.ready, ...notes].join(" · ");
}

type ReadyPicture = Extract<ShownPicture, { kind: "ready" }>;

function describeObject(picture: ReadyPicture, nowMs: number): Description {
  const { edit, info } = picture;
  const { present } = edit;
  const still = { progress: undefined, problem: false };
  if (present.problem !== undefined) return { text: present.problem, progress: undefined, problem: true };
  if (!hasPrompts(present.prompts)) return { text: readyWords(picture), ...still };
  if (shownDraft(picture) !== undefined) return { text: draftWords(picture), progress: null, problem: false };
  const isFresh = isFreshlyAsked(edit, nowMs);
  const answer = isFresh ? shownAnswer(edit)?.answer : present.answer;
  if (answer === undefined) {
    return isFresh
      ? { text: words.status.ready, ...still }
      : { text: words.status.looking, progress: null, problem: false };
  }
  const { masks, chosen } = answer;
  const mask = masks[chosen];
  if (mask === undefined) return { text: words.status.nothingThere, ...still };
  const share = mask.area / (info.width * info.height);
  return { text: words.status.found(percent(share)), ...still };
}

/** Whether the latest click has hardly had the time to be answered. */
function isFreshlyAsked({ present, waiting }: Edit, nowMs: number): boolean {
  const click = waiting.at(-1);
  return present.answer === undefined && click !== undefined && nowMs - click.madeAtMs < patienceMs;
}

/** A spoken summary: short, without what changes by the second. */
export function announce(state: State, nowMs: number): string {
  const { picture } = state;
  if (picture.kind === "ready" && overlayOf(picture) !== undefined) return announceOverlay(picture);
  if (picture.kind === "ready") {
    if (shownDraft(picture) !== undefined) return draftWords(picture);
    const shown = shownAnswer(picture.edit);
    const mask = shown?.answer.masks[shown.answer.chosen];
    const isOld = shown?.pending === true && !isFreshlyAsked(picture.edit, nowMs);
    if (shown === undefined || isOld || mask === undefined) return describe(state, nowMs).text;
    const { area, predictedIou } = shown.answer.finer?.said[shown.answer.chosen] ?? mask;
    const share = percent(area / (picture.info.width * picture.info.height));
    const found = words.status.foundSpoken(share, percent(predictedIou));
    const count = shown.answer.masks.length;
    return count > 1 ? words.status.with(found, words.status.candidate(shown.answer.chosen + 1, count)) : found;
  }
  if (picture.kind === "uploading") return words.status.uploadingSpoken;
  if (picture.kind === "queued") return words.status.inLine(picture.position);
  if (picture.kind === "encoding") return picture.hasDraft ? draftWords(picture) : words.status.studying;
  return describe(state, nowMs).text;
}

/** The picked point, spoken: it is moved and removed by keys. */
export function announcePicked(state: State): string {
  const picked = pickedPoint(state);
  const { points } = promptsInSight(state);
  const point = picked === undefined ? undefined : points[picked];
  if (picked === undefined || point === undefined) return "";
  return words.picked.point(picked + 1, points.length, point.label === 1);
}

export function describeLink(link: Link, nowMs: number): string {
  switch (link.kind) {
    case "open":
      return words.link.open;
    case "connecting":
      return words.link.connecting;
    case "asleep":
      return words.link.asleep;
    case "stopped":
      return words.link.stopped;
    case "signed-out":
      return words.link.signedOut;
    case "waiting":
      return words.link.waiting(Math.max(1, Math.ceil((link.retryAtMs - nowMs) / 1000)));
  }
}

/** The sentence above the picture, if there is anything a person should know or can mend. */
export interface Notice {
  readonly text: string;
  readonly action: "retry" | "choose" | "dismiss" | "begin" | "sign-in" | undefined;
}

export function noticeOf(state: State): Notice | undefined {
  const { link, picture, notice } = state;
  if (notice !== undefined) return { text: notice, action: "dismiss" };
  if (picture.kind === "refused") return { text: picture.message, action: picture.canRetry ? "retry" : "choose" };
  const kept = picture.kind !== "empty" && picture.edit.waiting.length > 0 ? ` ${words.link.clicksKept}` : "";
  if (state.isOffline && link.kind !== "open") return { text: `${words.link.offline}${kept}`, action: undefined };
  if (link.kind === "stopped") return { text: words.problems.misunderstood, action: "retry" };
  if (link.kind === "signed-out") return { text: `${words.link.signInFirst}${kept}`, action: "sign-in" };
  if ((link.kind === "waiting" || link.kind === "connecting") && link.attempt > 1) {
    return { text: `${words.link.unreachable}${kept}`, action: link.kind === "waiting" ? "retry" : undefined };
  }
  if (picture.kind === "ready" && picture.everything.kind === "failed" && picture.everything.open) {
    const { message, words: asked } = picture.everything;
    // Words that are not understood are not asked again as they are.
    return { text: message, action: asked === undefined ? "begin" : undefined };
  }
  if (picture.kind !== "empty" && picture.edit.present.problem !== undefined) {
    return { text: picture.edit.present.problem, action: "retry" };
  }
  return undefined;
}

export type StageName = "wait" | "network" | "queue" | "embedding" | "decode" | "mask" | "draw";

export function stagesOf(latency: Latency): readonly { readonly name: StageName; readonly ms: number }[] {
  const onTheWay = [
    { name: "network" as const, ms: latency.networkMs },
    { name: "queue" as const, ms: latency.queueMs },
    { name: "embedding" as const, ms: latency.embeddingMs },
  ];
  const stages = [
    ...(latency.place === "here" ? onTheWay.filter(({ name }) => name === "queue") : onTheWay),
    { name: "decode" as const, ms: latency.decodeMs },
    { name: "mask" as const, ms: latency.maskMs },
    { name: "draw" as const, ms: latency.drawMs ?? 0 },
  ];
  // Only a click made before the picture was ready has waited for it.
  return latency.waitMs >= 1 ? [{ name: "wait" as const, ms: latency.waitMs }, ...stages] : stages;
}

function withTimeLeft(text: string, leftMs: number): string {
  return leftMs > momentMs ? words.status.with(text, words.status.aboutLeft(duration(leftMs))) : text;
}
