import { describe, expect, it } from "vitest";
import { en } from "../words/en.js";
import { allRows as rows } from "./all-rows.js";
import { annotateOwn } from "./annotate-keys.js";
import { findRow, type KeyPress, pressedOf } from "./find-row.js";
import { keyLabel, keysOfButton, listedKeys, withKeys } from "./key-names.js";
import type { AnyKeyRow, KeyRow, Situation } from "./key-row.js";
import { keyTable } from "./key-table.js";
import { reviewTable } from "./review-keys.js";
import { videoOwn } from "./video-keys.js";

const named = ({ keys, also = [] }: AnyKeyRow) => [...keys, ...also];
/** `canvas: P`, for tests to name what is wrong. */
const nameOf = (row: AnyKeyRow) => `${row.on}: ${row.keys.join(", ")}`;

/** What a browser says of a key by its ARIA name. */
function pressOf(name: string): KeyPress {
  const parts = name.split(/(?<=.)\+/);
  const key = parts.at(-1) ?? "";
  return {
    key: key === "Space" ? " " : key.length === 1 ? key.toLowerCase() : key,
    ctrlKey: parts.includes("Control"),
    metaKey: false,
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
  };
}

/** What a row does, as the names of what it calls. */
function doneBy<Where extends Situation>(row: KeyRow<Where>, press: KeyPress): string[] {
  const done: string[] = [];
  const acts = new Proxy({}, { get: (_, name) => () => void done.push(String(name)) });
  row.does?.(acts as Parameters<NonNullable<typeof row.does>>[0], pressedOf(press));
  return done;
}

describe("the table of keys", () => {
  it("has every key of a situation once", () => {
    const all = rows.flatMap((row) => named(row).map((key) => `${row.on}: ${key}`));
    expect(all.filter((one, at) => all.indexOf(one) !== at)).toEqual([]);
  });

  it("leads from every key to its row, and every row does something or goes on", () => {
    for (const row of rows) {
      for (const name of named(row)) {
        const press = pressOf(name);
        expect([name, findRow(row.on, press)]).toEqual([name, row]);
        expect([nameOf(row), doneBy(row as KeyRow<Situation>, press).length]).toEqual([nameOf(row), row.does ? 1 : 0]);
      }
    }
  });

  it("has a row for whatever a situation can do", () => {
    const done = rows.flatMap((row) =>
      named(row).flatMap((name) => doneBy(row as KeyRow<Situation>, pressOf(name)).map((act) => `${row.on}.${act}`)),
    );
    expect([...new Set(done)].sort()).toEqual([
      "annotate.accept",
      "annotate.done",
      "annotate.fix",
      "annotate.remove",
      "annotate.skip",
      "annotate.step",
      "anywhere.giveUp",
      "anywhere.redo",
      "anywhere.undo",
      "candidates.step",
      "canvas.leaveOut",
      "canvas.move",
      "canvas.pick",
      "canvas.removePoint",
      "canvas.use",
      "masks.step",
      "masks.take",
      "nowhere.keep",
      "page.actualSize",
      "page.brush",
      "page.candidate",
      "page.everything",
      "page.fill",
      "page.help",
      "page.keep",
      "page.neighbour",
      "page.tool",
      "page.whole",
      "page.words",
      "page.zoom",
      "reasons.reason",
      "review.accept",
      "review.back",
      "review.fix",
      "review.later",
      "review.reject",
      "row.move",
      "row.remove",
      "row.rename",
      "row.step",
      "video.accept",
      "video.fix",
      "video.jump",
      "video.play",
      "video.remove",
      "video.stepFrame",
      "video.stepObject",
      "video.track",
      "view.drag",
    ]);
  });

  it("uses every word of the help, each page a section's in that section alone", () => {
    const told = [keyTable, annotateOwn, reviewTable, videoOwn].map((table) =>
      table.flatMap(({ title, rows: own }) => [
        title,
        ...new Set(own.flatMap(({ help = [], shiftHelp = [] }) => [help, shiftHelp].flat())),
      ]),
    );
    for (const page of told) expect(page.filter((word, at) => page.indexOf(word) !== at)).toEqual([]);
    expect([...new Set(told.flat())].sort()).toEqual(Object.keys(en.help).sort());
  });
});

describe("finding a key's row", () => {
  const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...held,
  });

  it.each([
    ["a letter in either case", "page", press("E"), "everything"],
    ["a sign that wants Shift", "page", press("?", { shiftKey: true }), "help"],
    ["the Mac's command key for Control", "anywhere", press("z", { metaKey: true }), "undo"],
    ["the row that names Shift, with it", "anywhere", press("Z", { ctrlKey: true, shiftKey: true }), "redo"],
    ["a row that does not name Shift, with it", "canvas", press("ArrowUp", { shiftKey: true }), "moveCursor"],
    ["a key that is told nobody", "page", press("="), "zoom"],
    ["no letter with Control", "page", press("e", { ctrlKey: true }), undefined],
    ["no letter with Alt", "page", press("e", { altKey: true }), undefined],
    ["no key of another situation", "page", press("p"), undefined],
  ] as const)("takes %s", (_, where, pressed, help) => {
    expect(findRow(where, pressed)?.help).toBe(help);
  });
});

describe("the names of keys", () => {
  it("are those on a keyboard", () => {
    expect(["Control+Shift+Z", "Alt+ArrowUp", "+", "Escape"].map((key) => keyLabel(key, " "))).toEqual([
      "Ctrl Shift Z",
      "Alt ↑",
      "+",
      "Esc",
    ]);
  });

  it("are few in a list", () => {
    expect(listedKeys({ keys: ["1", "2", "3", "4", "5"] })).toEqual(["1", "…", "5"]);
    expect(listedKeys({ keys: [",", "."] })).toEqual([",", "."]);
  });

  it("stand in titles and on buttons", () => {
    expect(withKeys("Redo", "redo")).toBe("Redo (Ctrl+Shift+Z / Ctrl+Y)");
    expect(keysOfButton("redo")).toEqual(["Control+Shift+Z", "Control+Y"]);
  });
});
