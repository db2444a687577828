import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { language } from "../../words/words.js";

/** With so many decimals. */
export const rounded = (value: number, digits: number) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const shareOf = (value: number) =>
  value.toLocaleString(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const dayOf = (time: Timestamp | undefined) =>
  time === undefined ? "" : timestampDate(time).toLocaleDateString(language, { dateStyle: "medium" });
