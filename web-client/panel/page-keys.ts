import { density } from "../canvas/density.js";
import type { Acts } from "../keys/key-row.js";
import { listenToKeys } from "../keys/listen-to-keys.js";
import type { StatePort } from "../state/state-port.js";
import { element } from "./element.js";
import type { HelpView } from "./help-view.js";
import { zoomStep } from "./zoom-view.js";

/** The keys that are the page's, whatever has the focus. @param own what a page does otherwise. */
export function listenToPageKeys({ dispatch }: StatePort, help: HelpView, own: Partial<Acts["page"]> = {}): void {
  // The help's own keys are the browser's: Escape closes it.
  const isFree = () => !help.isOpen;
  const keep = own.keep ?? (() => dispatch({ kind: "object-kept" }));
  listenToKeys(window, "nowhere", { keep }, ({ target }) => isFree() && target === document.body);
  listenToKeys(
    window,
    "page",
    {
      help: () => help.open(),
      keep,
      candidate: (index) => dispatch({ kind: "candidate", index }),
      tool: (tool) => dispatch({ kind: "tool-chosen", tool }),
      brush: (by) => dispatch({ kind: "brush-stepped", by }),
      fill: () => dispatch({ kind: "fill-toggled" }),
      zoom: (by) => dispatch({ kind: "zoomed", factor: zoomStep ** by }),
      whole: () => dispatch({ kind: "whole-shown" }),
      actualSize: () => dispatch({ kind: "actual-size-shown", density: density() }),
      neighbour: (by) => dispatch({ kind: "neighbour-opened", by }),
      everything: () => dispatch({ kind: "everything-toggle", atMs: performance.now() }),
      words: () => element("words", HTMLInputElement).focus(),
      ...own,
    },
    (event) => isFree() && !isTyping(event),
  );
  listenToKeys(
    window,
    "anywhere",
    {
      undo: () => dispatch({ kind: "undo" }),
      redo: () => dispatch({ kind: "redo" }),
      giveUp: () => dispatch({ kind: "escape" }),
    },
    isFree,
  );
}

/** Whether letters go into a field or a list; a switch or a slider takes none. */
export function isTyping({ target }: KeyboardEvent): boolean {
  if (target instanceof HTMLInputElement) return !["radio", "range", "checkbox"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
