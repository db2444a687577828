import { expect, it } from "vitest";
import { en } from "./en.js";
import { zh } from "./zh.js";

/** Every word with the place it has, those with something to fill in filled with marks. */
function* sayingsIn(place: string, entry: unknown): Generator<[string, string]> {
  const text: unknown = typeof entry === "function" ? entry("‹1›", "‹2›", "‹3›") : entry;
  if (typeof text !== "object" || text === null) yield [place, String(text)];
  else for (const [name, one] of Object.entries(text)) yield* sayingsIn(`${place}.${name}`, one);
}

const marks = (text: string) => [...text.matchAll(/‹\d›/g)].map(String).sort();
/** Names, measures and settings that stay as they are in any language. */
const international = /maskwire track|ffmpeg|MP4|WebM|H\.264|VP9|HTTPS|localhost|GiB|DAVIS|COCO|JSON|track_id|PNG|zip/g;
const chinese = new Map(sayingsIn("words", zh));

it("fills in, in Chinese, what the English words do", () => {
  for (const [place, text] of sayingsIn("words", en)) {
    expect([place, marks(chinese.get(place) ?? "")]).toEqual([place, marks(text)]);
  }
});

it("leaves nothing in English", () => {
  for (const [place, text] of chinese) {
    expect([place, text.replace(international, "").match(/[a-z]{2,}/gi)]).toEqual([place, null]);
  }
});
