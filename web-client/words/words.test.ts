import { describe, expect, it } from "vitest";
import { en, type Words } from "./en.js";
import { zh } from "./zh.js";

/** Every word with the place it has, those with something to fill in filled with marks. */
function* sayings(dictionary: Words): Generator<[string, string]> {
  for (const [group, entries] of Object.entries(dictionary)) {
    yield* sayingsIn(group, entries);
  }
}

function* sayingsIn(group: string, entries: object): Generator<[string, string]> {
  for (const [name, entry] of Object.entries(entries) as [string, unknown][]) {
    const text: unknown = typeof entry === "function" ? entry("‹1›", "‹2›", "‹3›", "‹4›") : entry;
    if (typeof text === "object" && text !== null) yield* sayingsIn(`${group}.${name}`, text);
    else yield [`${group}.${name}`, String(text)];
  }
}

const marks = (text: string) => [...text.matchAll(/‹\d›/g)].map(String).sort();
/** Names and measures that stay as they are in any language. */
const international =
  /MB|Meta|pycocotools|SVG|ZIP|JPEG|PNG|RLE|COCO|SA-1B|JSON|Tab|Esc|https?:|Ctrl|Shift|Delete|Del|F2|[KZX+-]/g;

describe("the Chinese dictionary", () => {
  const chinese = new Map(sayings(zh));

  it("fills in what the English one does", () => {
    for (const [name, text] of sayings(en)) {
      // The service's English words are introduced in Chinese.
      if (name === "problems.service") continue;
      expect([name, marks(chinese.get(name) ?? "")]).toEqual([name, marks(text)]);
    }
  });

  it("leaves nothing in English", () => {
    for (const [name, text] of chinese) {
      expect([name, text.replace(international, "").match(/[a-z]{2,}/gi)]).toEqual([name, null]);
    }
  });
});

describe("English", () => {
  it("counts in its own way", () => {
    expect([1, 2, 3, 4, 11, 21, 112].map(en.status.inLine)).toEqual([
      "Next in line",
      "2nd in line",
      "3rd in line",
      "4th in line",
      "11th in line",
      "21st in line",
      "112th in line",
    ]);
  });
});
