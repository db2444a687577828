import { on } from "./key-row.js";
import { type KeySection, keyTable } from "./key-table.js";

export const videoOwn: readonly KeySection[] = [
  {
    title: "titleVideo",
    rows: [
      on("video", {
        keys: ["[", "]"],
        does: ({ stepFrame }, { key }) => stepFrame(key === "]" ? 1 : -1),
        help: "stepFrames",
        buttons: ["frame-before", "frame-after"],
      }),
      on("video", { keys: ["G"], does: ({ play }) => play(), help: "playVideo", buttons: ["video-play"] }),
      on("video", {
        keys: ["U"],
        does: ({ jump }, { shift }) => jump(shift ? -1 : 1),
        help: "nextUnsure",
        shiftHelp: "unsureBefore",
      }),
      on("video", { keys: ["T"], does: ({ track }) => track(), help: "trackVideo", buttons: ["track-begin"] }),
      on("video", { keys: ["A"], does: ({ accept }) => accept(), help: "acceptUnsure", buttons: ["unsure-accept"] }),
      on("video", {
        keys: ["N"],
        does: ({ stepObject }, { shift }) => stepObject(shift ? -1 : 1),
        help: "stepObjects",
      }),
      on("video", { keys: ["R"], does: ({ fix }) => fix(), help: "fixObject" }),
      on("video", { keys: ["Delete"], also: ["Backspace"], does: ({ remove }) => remove(), help: "removeObject" }),
    ],
  },
];

/** The keys of the page of videos: its own, and those of a picture that is clicked on. */
export const videoTable: readonly KeySection[] = [
  ...videoOwn,
  ...keyTable
    .filter(({ title }) => ["titleObject", "titleTools", "titleView", "titlePage"].includes(title))
    // A video's neighbours are its frames.
    .map(({ title, rows }) => ({ title, rows: rows.filter(({ help }) => help !== "neighbour") })),
];
