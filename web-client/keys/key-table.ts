import type { Spot } from "../geometry/spot.js";
import type { words } from "../words/words.js";
import { type AnyKeyRow, on } from "./key-row.js";

export interface KeySection {
  readonly title: Extract<keyof typeof words.help, `title${string}`>;
  readonly rows: readonly AnyKeyRow[];
}

const ways: Readonly<Record<string, Spot>> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};
const towards = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" } as const;
const forward = ["ArrowDown", "ArrowRight"];
const digits = Array.from({ length: 9 }, (_, index) => String(index + 1));

/** Every key of the page: what it does where, and what the help says of it. */
export const keyTable: readonly KeySection[] = [
  {
    title: "titleObject",
    rows: [
      on("canvas", {
        keys: Object.keys(ways),
        does: ({ move }, { key, shift }) => move(ways[key]!, shift),
        help: "moveCursor",
        shiftHelp: "moveFinely",
      }),
      on("canvas", { keys: ["Enter"], does: ({ use }) => use(false), help: "include" }),
      on("canvas", { keys: ["Alt+Enter"], does: ({ use }) => use(true) }),
      on("canvas", { keys: ["X"], does: ({ leaveOut }) => leaveOut(), help: "leaveOut" }),
      on("canvas", { keys: ["P"], does: ({ pick }, { shift }) => pick(shift ? -1 : 1), help: "pickPoint" }),
      on("canvas", {
        keys: ["Delete"],
        also: ["Backspace"],
        does: ({ removePoint }) => removePoint(),
        help: "removePoint",
      }),
      on("candidates", {
        keys: Object.keys(ways),
        does: ({ step }, { key }) => step(forward.includes(key) ? 1 : -1),
      }),
      on("page", { keys: digits, does: ({ candidate }, { key }) => candidate(Number(key) - 1), help: "candidate" }),
      on("anywhere", { keys: ["Control+Z"], does: ({ undo }) => undo(), help: "undo", buttons: ["undo"] }),
      on("anywhere", {
        keys: ["Control+Shift+Z", "Control+Y"],
        does: ({ redo }) => redo(),
        help: "redo",
        buttons: ["redo"],
      }),
      on("page", { keys: ["K"], does: ({ keep }) => keep(), help: "keep", buttons: ["keep"] }),
      on("nowhere", { keys: ["Enter"], does: ({ keep }) => keep() }),
      // Dialogs and lists close by it too.
      on("anywhere", {
        keys: ["Escape"],
        does: ({ giveUp }) => giveUp(),
        goesOn: true,
        help: "clear",
        buttons: ["clear", "everything-cancel"],
      }),
    ],
  },
  {
    title: "titleObjects",
    rows: [
      on("row", { keys: ["ArrowUp", "ArrowDown"], does: ({ step }, { key }) => step(down(key)), help: "stepObjects" }),
      on("row", { keys: ["Space"], help: "chooseObject" }),
      on("row", {
        keys: ["Alt+ArrowUp", "Alt+ArrowDown"],
        does: ({ move }, { key }) => move(down(key)),
        help: "moveObject",
      }),
      on("row", { keys: ["F2"], does: ({ rename }) => rename(), help: "renameObject" }),
      on("row", {
        keys: ["Delete"],
        also: ["Backspace"],
        does: ({ remove }) => remove(),
        help: "removeObject",
        buttons: ["object-remove"],
      }),
    ],
  },
  {
    // As editors of pictures have them.
    title: "titleTools",
    rows: [
      on("page", { keys: ["V"], does: ({ tool }) => tool("click"), help: "clickTool", buttons: ["tool-click"] }),
      on("page", { keys: ["M"], does: ({ tool }) => tool("box"), help: "boxTool", buttons: ["tool-box"] }),
      on("page", { keys: ["B"], does: ({ tool }) => tool("brush"), help: "brushTool", buttons: ["tool-brush"] }),
      on("page", { keys: ["L"], does: ({ tool }) => tool("lasso"), help: "lassoTool", buttons: ["tool-lasso"] }),
      on("page", { keys: ["H"], does: ({ tool }) => tool("pan"), help: "panTool", buttons: ["tool-pan"] }),
      on("page", {
        keys: [",", "."],
        does: ({ brush }, { key }) => brush(key === "." ? 1 : -1),
        help: "brushSize",
        buttons: ["brush-size"],
      }),
      on("page", { keys: ["F"], does: ({ fill }) => fill(), help: "fill", buttons: ["fill"] }),
    ],
  },
  {
    title: "titleView",
    rows: [
      // Without Shift where the plus wants it.
      on("page", { keys: ["+"], also: ["="], does: ({ zoom }) => zoom(1), help: "zoom", buttons: ["zoom-in"] }),
      on("page", { keys: ["-"], does: ({ zoom }) => zoom(-1), help: "zoom", buttons: ["zoom-out"] }),
      on("page", { keys: ["0"], does: ({ whole }) => whole(), help: "whole", buttons: ["zoom-whole"] }),
      on("page", { keys: ["Z"], does: ({ actualSize }) => actualSize(), help: "actualSize", buttons: ["zoom-actual"] }),
      on("view", { keys: ["Space"], does: ({ drag }) => drag(), help: "pan" }),
      on("page", {
        keys: ["[", "]"],
        does: ({ neighbour }, { key }) => neighbour(key === "]" ? 1 : -1),
        help: "neighbour",
      }),
    ],
  },
  {
    title: "titleEverything",
    rows: [
      on("page", {
        keys: ["E"],
        does: ({ everything }) => everything(),
        help: "everything",
        buttons: ["everything-begin", "everything-toggle"],
      }),
      on("page", { keys: ["/"], does: ({ words }) => words(), help: "findWords", buttons: ["words"] }),
      // Beyond the last mask, and before the first, Tab leaves the picture as it always does.
      on("masks", {
        keys: ["Tab"],
        does: ({ step }, { shift }) => step(shift ? "previous" : "next"),
        help: "stepMasks",
      }),
      on("masks", {
        keys: Object.keys(towards),
        does: ({ step }, { key }) => {
          step(towards[key as keyof typeof towards]);
        },
        help: "stepMasks",
      }),
      on("masks", {
        keys: ["Home", "End"],
        does: ({ step }, { key }) => {
          step(key === "Home" ? "first" : "last");
        },
      }),
      on("masks", { keys: ["Enter"], does: ({ take }) => take(), help: "takeMask" }),
      // And the pointer drags the picture as long as it is held.
      on("masks", {
        keys: ["Space"],
        does: ({ take }) => {
          take();
          return false;
        },
      }),
      // As it does anywhere; over masks it means this.
      on("masks", { keys: ["Escape"], help: "backToClicking" }),
    ],
  },
  {
    title: "titlePage",
    rows: [on("page", { keys: ["?"], does: ({ help }) => help(), help: "help", buttons: ["help-open"] })],
  },
];

function down(key: string): 1 | -1 {
  return key === "ArrowDown" ? 1 : -1;
}
