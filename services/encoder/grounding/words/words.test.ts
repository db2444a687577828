import { describe, expect, it } from "vitest";
import { askedText } from "../../../runtime/asked-text.js";
import { Code } from "../../../runtime/errors.js";
import { cocoGaps, cocoLabels } from "./coco-labels.js";
import { cocoVocabulary } from "./coco-vocabulary.js";
import { readPhrases } from "./read-phrases.js";
import { meaningsOf, phrasesOf, unknownWord } from "./understand.js";
import type { Meaning } from "./vocabulary.js";

const vocabulary = cocoVocabulary();
/** Each label once. */
function understand(text: string, known: typeof vocabulary): Meaning[] {
  const all = phrasesOf(askedText(text)).flatMap((phrase) => {
    if ("written" in phrase) throw new Error(`${phrase.written} is written`);
    const meanings = meaningsOf(phrase.thing, known);
    if (meanings.length === 0) throw unknownWord(phrase.thing, known);
    return meanings;
  });
  return [...new Map(all.map((one) => [one.label, one])).values()];
}
const meaning = (text: string) => understand(text, vocabulary).map(({ label, via }) => `${label} (${via})`);
const labels = (text: string) => understand(text, vocabulary).map(({ label }) => label);

it("has COCO's 80 kinds, and ten numbers of 90 that no object has", () => {
  expect(new Set(cocoLabels).size).toBe(80);
  expect(cocoGaps.length).toBe(10);
});

describe("the words for them", () => {
  it("are some hundreds, in both languages, and mean what is there", () => {
    const words = [...vocabulary.aliases.keys()];
    expect(words.filter((word) => !/\p{Script=Han}/u.test(word)).length).toBeGreaterThan(400);
    expect(words.filter((word) => /\p{Script=Han}/u.test(word)).length).toBeGreaterThan(250);
    for (const [word, means] of vocabulary.aliases) {
      expect(means.length, word).toBeGreaterThan(0);
      for (const label of means) expect(cocoLabels, word).toContain(label);
      // As they are looked up: by what is left of what somebody says.
      expect(readPhrases(word), word).toEqual([{ thing: word }]);
    }
  });

  it.each([
    "tree",
    "face",
    "hand",
    "wheel",
    "glasses",
    "shoe",
    "shirt",
    "road",
    "grass",
    "sky",
    "tomato",
    "lion",
    "window",
    "door",
    "trunk",
    "seat",
    "saw",
    "crane",
    "bark",
    "lamp",
    "mushroom",
    "树",
    "脸",
    "轮子",
    "老虎",
    "鞋",
  ])("are none for what no detector here finds: %s", (word) => {
    expect(() => labels(word)).toThrow(expect.objectContaining({ reason: "UNKNOWN_WORD" }));
  });
});

describe("understands", () => {
  it.each([
    ["dog", "dog (name)"],
    ["Dogs", "dog (name)"],
    ["  the DOG here! ", "dog (name)"],
    ["puppies", "dog (alias puppy)"],
    ["all the knives", "knife (name)"],
    ["women", "person (alias woman)"],
    ["‘sofa’", "couch (alias sofa)"],
    ["wine glasses", "wine glass (name)"],
    ["buses", "bus (name)"],
    ["geese", "bird (alias goose)"],
    ["scissors", "scissors (name)"],
    ["skis", "skis (name)"],
    ["ＤＯＧ", "dog (name)"],
    ["狗", "dog (alias 狗)"],
    ["那只小狗", "dog (alias 小狗)"],
    ["孩子们", "person (alias 孩子)"],
    ["所有的汽车。", "car (alias 汽车)"],
    ["計程車", "car (alias 計程車)"],
  ])("%s", (text, what) => {
    expect(meaning(text)).toEqual([what]);
  });

  it.each<[string, string[]]>([
    ["dogs and cats", ["dog", "cat"]],
    ["a cup, the fork; two spoons", ["cup", "fork", "spoon"]],
    ["bike & helmeted".replace("helmeted", "car"), ["bicycle", "car"]],
    ["猫和狗", ["cat", "dog"]],
    ["frisbee or ball", ["frisbee", "sports ball"]],
    ["dog, puppy", ["dog"]],
    ["cutlery", ["fork", "knife", "spoon"]],
    ["水果", ["banana", "apple", "orange"]],
    ["vehicles", ["bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"]],
    ["sandwich", ["sandwich"]],
  ])("several things: %s", (text, all) => {
    expect(labels(text)).toEqual(all);
  });
});

describe("G3 never guesses", () => {
  it.each([
    ["red car", '"red car" is not known here; the nearest words that are: "car".'],
    ["dogg", /^"dogg" is not known here; the nearest words that are: "dog"/],
    ["brid", /: .*"bird"/],
    ["dgos", /: "dog"/],
    ["red cars", /: "car"/],
    ["refridgerator", /: "refrigerator"/],
    ["红色汽车", /: .*"汽车"/],
    ["dog and unicorn", /^"unicorn" is not known here; 80 kinds of things are, such as person, bicycle, car/],
  ])("%s", (text, message) => {
    expect(() => understand(text, vocabulary)).toThrow(
      expect.objectContaining({ code: Code.INVALID_ARGUMENT, reason: "UNKNOWN_WORD" }),
    );
    expect(() => understand(text, vocabulary)).toThrow(message);
  });

  it.each([
    ["   ", "`text` names nothing."],
    ["the", /not known/],
    ["!?", "`text` names nothing."],
  ])("%j", (text, message) => {
    expect(() => understand(text, vocabulary)).toThrow(message);
  });
});

describe("G10 no more than can be looked for", () => {
  it.each([
    ["x".repeat(201), "`text` has at most 200 characters."],
    // Each is 18 characters.
    ["\ufdfa".repeat(12), "`text` has at most 200 characters."],
    ["a,b,c,d,e,f,g,h,i", "`text` names at most 8 things at once, and here are 9"],
    ['"a" and the \'b\', "c", d, e, f, g, h, i', /at most 8 things/],
  ])("%j", (text, message) => {
    expect(() => understand(text, vocabulary)).toThrow(
      expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(message) }),
    );
  });
});

describe("G8 what is written", () => {
  it.each<[string, string, string]>([
    ["the sign that says STOP", "stop", "sign"],
    ['says "24HR"', "24hr", ""],
    ['"ROYAL MAIL"', "royal mail", ""],
    ["“Royal, and Mail”", "royal, and mail", ""],
    ["the bus with the text Volvo", "volvo", "bus"],
    ["a woman saying hello", "hello", "woman"],
    ['the bus "24HR"', "24hr", "bus"],
    ['the word "exit" on the door', "exit", "door"],
    ["写着停的牌子", "停", "牌子"],
    ["写着“出口”的牌子", "出口", "牌子"],
    ["牌子上写着出口", "出口", "牌子"],
    ["「出口」", "出口", ""],
    ['"  " and "exit"', "exit", ""],
  ])("%s", (text, written, on) => {
    expect(readPhrases(text)).toEqual([{ written, on }]);
  });

  it("stands beside things", () => {
    expect(readPhrases('dogs, "stop" and the cat')).toEqual([
      { thing: "dogs" },
      { written: "stop", on: "" },
      { thing: "cat" },
    ]);
  });

  it.each(["a person reading a book", "the sign", '""', "says"])("is nothing in %s", (text) => {
    expect(readPhrases(text).some((one) => "written" in one)).toBe(false);
  });
});
