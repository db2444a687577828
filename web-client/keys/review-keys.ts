import { on } from "./key-row.js";
import type { KeySection } from "./key-table.js";

const digits = Array.from({ length: 5 }, (_, index) => String(index + 1));

/** The keys of the page where objects are reviewed: one each, next to each other. */
export const reviewTable: readonly KeySection[] = [
  {
    title: "titleReview",
    rows: [
      on("review", {
        keys: ["A"],
        also: ["Enter"],
        does: ({ accept }) => accept(),
        help: "accept",
        buttons: ["review-accept"],
      }),
      on("review", {
        keys: ["R"],
        also: ["X"],
        does: ({ reject }) => reject(),
        help: "reject",
        buttons: ["review-reject"],
      }),
      on("review", { keys: ["F"], does: ({ fix }) => fix(), help: "fixObject", buttons: ["review-fix"] }),
      on("review", {
        keys: ["L", "ArrowRight"],
        does: ({ later }) => later(),
        help: "later",
        buttons: ["review-later"],
      }),
      on("review", {
        keys: ["B", "ArrowLeft"],
        also: ["Control+Z"],
        does: ({ back }) => back(),
        help: "back",
        buttons: ["review-back"],
      }),
      on("reasons", { keys: digits, does: ({ reason }, { key }) => reason(Number(key) - 1), help: "reason" }),
    ],
  },
];
