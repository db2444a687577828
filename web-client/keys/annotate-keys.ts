import { type AnyKeyRow, on } from "./key-row.js";
import { type KeySection, keyTable } from "./key-table.js";

export const annotateOwn: readonly KeySection[] = [
  {
    title: "titleAnnotate",
    rows: [
      on("annotate", {
        keys: ["A"],
        does: ({ accept }, { shift }) => accept(shift),
        help: "acceptProposal",
        shiftHelp: "acceptAll",
      }),
      on("annotate", { keys: ["N"], does: ({ step }, { shift }) => step(shift ? -1 : 1), help: "stepObjects" }),
      on("annotate", { keys: ["R"], does: ({ fix }) => fix(), help: "fixObject" }),
      on("annotate", {
        keys: ["Delete"],
        also: ["Backspace"],
        does: ({ remove }) => remove(),
        help: "removeObject",
      }),
      on("annotate", { keys: ["D"], does: ({ done }) => done(), help: "pictureDone", buttons: ["picture-done"] }),
      on("annotate", { keys: ["S"], does: ({ skip }) => skip(), help: "pictureSkip", buttons: ["picture-skip"] }),
    ],
  },
];

/** The keys of the page where data sets are annotated: its own, and those of a picture that is clicked on. */
export const annotateTable: readonly KeySection[] = [
  ...annotateOwn,
  ...keyTable.filter(({ title }) => ["titleObject", "titleTools", "titleView", "titlePage"].includes(title)),
];

/** Keys that no label can have there: they do something else. Digits choose candidates, but a label's digit is a label's. */
export function takenKeys(): ReadonlySet<string> {
  const rows = annotateTable.flatMap(({ rows: all }): readonly AnyKeyRow[] => all);
  const names = rows.flatMap(({ keys, also = [] }) => [...keys, ...also]);
  return new Set(names.filter((name) => name.length === 1 && !/[1-9]/.test(name)).map((name) => name.toLowerCase()));
}
