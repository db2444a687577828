import type { words } from "../words/words.js";

type Keys = readonly string[];

/** Every key of the page, as its help lists them; several mean one or the other. */
export const shortcuts: readonly {
  readonly title: keyof typeof words.help;
  readonly keys: readonly [Keys, keyof typeof words.help][];
}[] = [
  {
    title: "titleObject",
    keys: [
      [["↑", "↓", "←", "→"], "moveCursor"],
      [["Shift"], "moveFinely"],
      [["Enter"], "include"],
      [["X"], "leaveOut"],
      [["P"], "pickPoint"],
      [["Delete"], "removePoint"],
      [["1", "…", "9"], "candidate"],
      [["Ctrl Z"], "undo"],
      [["Ctrl Shift Z", "Ctrl Y"], "redo"],
      [["K"], "keep"],
      [["Esc"], "clear"],
    ],
  },
  {
    title: "titleObjects",
    keys: [
      [["↑", "↓"], "stepObjects"],
      [["Space"], "chooseObject"],
      [["Alt ↑", "Alt ↓"], "moveObject"],
      [["F2"], "renameObject"],
      [["Delete"], "removeObject"],
    ],
  },
  {
    title: "titleTools",
    keys: [
      [["V"], "clickTool"],
      [["M"], "boxTool"],
      [["B"], "brushTool"],
      [["L"], "lassoTool"],
      [["H"], "handTool"],
      [[",", "."], "brushSize"],
      [["F"], "fill"],
    ],
  },
  {
    title: "titleView",
    keys: [
      [["+", "-"], "zoom"],
      [["0"], "whole"],
      [["Z"], "actualSize"],
      [["Space"], "pan"],
      [["[", "]"], "neighbour"],
    ],
  },
  {
    title: "titleEverything",
    keys: [
      [["E"], "everything"],
      [["Tab", "↑", "↓", "←", "→"], "stepMasks"],
      [["Enter"], "takeMask"],
      [["Esc"], "backToClicking"],
    ],
  },
  { title: "titlePage", keys: [[["?"], "help"]] },
];
