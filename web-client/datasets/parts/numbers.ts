import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { language } from "../../words/words.js";

/** With so many decimals. */
export const rounded = (value: number, digits: number) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Of work: what took none was not measured, and little of it is not nothing. */
export function secondsOf(value: number): string {
  if (value === 0) return "–";
  return value < 0.05 ? `< ${rounded(0.1, 1)}` : rounded(value, 1);
}

export const shareOf = (value: number) =>
  value.toLocaleString(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const dayOf = (time: Timestamp | undefined) =>
  time === undefined ? "" : timestampDate(time).toLocaleDateString(language, { dateStyle: "medium" });
