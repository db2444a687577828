import { announce, announcePicked, describe, describeLink, type Notice, noticeOf } from "../state/describe.js";
import { pictureParts } from "../state/picture-parts.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setData, setText } from "./element.js";

type NoticeAction = NonNullable<Notice["action"]>;

const actionNames: Record<NoticeAction, string> = words.actions;

function isAction(name: string | undefined): name is NoticeAction {
  return name !== undefined && Object.hasOwn(actionNames, name);
}

/** The status line, the notice above the picture, the connection's light. */
export class StatusView implements View {
  readonly #link = element("link", HTMLElement);
  readonly #linkText = element("link-text", HTMLElement);
  readonly #statusText = element("status-text", HTMLElement);
  readonly #spinner = element("spinner", HTMLElement);
  readonly #progress = element("progress", HTMLProgressElement);
  readonly #announcement = element("announcement", HTMLElement);
  readonly #pickedAnnouncement = element("picked-announcement", HTMLElement);
  readonly #notice = element("notice", HTMLElement);
  readonly #noticeText = element("notice-text", HTMLElement);
  readonly #noticeAction = element("notice-action", HTMLButtonElement);

  /** Pages that take no pictures of a person's own have none. */
  readonly #file = document.getElementById("file");

  constructor({ dispatch }: StatePort) {
    const actions: Readonly<Record<NoticeAction, () => void>> = {
      retry: () => dispatch({ kind: "retry", atMs: performance.now() }),
      choose: () => this.#file?.click(),
      dismiss: () => dispatch({ kind: "dismiss" }),
      "sign-in": () => dispatch({ kind: "retry", atMs: performance.now() }),
      begin: () => dispatch({ kind: "everything-begin", atMs: performance.now() }),
    };
    this.#noticeAction.addEventListener("click", () => {
      const { action } = this.#noticeAction.dataset;
      if (isAction(action)) actions[action]();
    });
  }

  parts({ link, isOffline, picture, loading, notice, pointing, lastEncodeMs }: State): readonly unknown[] {
    return [link, isOffline, loading, notice, lastEncodeMs, pointing.picked, ...pictureParts(picture)];
  }

  isPassing({ picture, link }: State): boolean {
    if (picture.kind !== "empty" && picture.everything.kind === "finding") return true;
    if (picture.kind === "ready" && picture.edit.waiting.length > 0) return true;
    return link.kind === "waiting" || ["uploading", "queued", "encoding"].includes(picture.kind);
  }

  render(state: State, nowMs: number): void {
    setData(this.#link, "state", state.link.kind);
    setText(this.#linkText, describeLink(state.link, nowMs));
    const { text, progress, problem } = describe(state, nowMs);
    // A problem's sentence stands in the notice; saying it twice would not help.
    setText(this.#statusText, problem ? words.status.failed : text);
    this.#spinner.hidden = progress === undefined;
    this.#renderProgress(progress);
    setText(this.#announcement, announce(state, nowMs));
    setText(this.#pickedAnnouncement, announcePicked(state));
    this.#renderNotice(state);
  }

  #renderProgress(progress: number | null | undefined): void {
    // Only what has a measure is drawn as a bar; the rest turns.
    this.#progress.hidden = typeof progress !== "number";
    if (typeof progress === "number") this.#progress.value = progress;
  }

  #renderNotice(state: State): void {
    const notice = noticeOf(state);
    this.#notice.hidden = notice === undefined;
    setText(this.#noticeText, notice?.text ?? "");
    const cannot = notice?.action === "choose" && this.#file === null;
    this.#noticeAction.hidden = notice?.action === undefined || cannot;
    setData(this.#noticeAction, "action", notice?.action ?? "");
    setText(this.#noticeAction, actionNames[notice?.action ?? "dismiss"]);
  }
}
