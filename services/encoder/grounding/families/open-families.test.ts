import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { GraphBuilder, type Value } from "../../../inference/onnx/graph-builder.js";
import type { Pixels } from "../../images/open-picture.js";
import { loadDetector } from "../load-detector.js";
import { readTokenizer } from "../open/read-tokenizer.js";

/*
 * Graphs with the interfaces that these models are exported with (names, types, sides), in place of which they reckon a few boxes
 * of the words' numbers and the picture: what goes in and comes out is proven, no weights are.
 */

const folder = mkdtempSync(join(tmpdir(), "maskwire-open-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a detector of these files by their roles. */
function load(family: string, files: Record<string, Uint8Array>) {
  const placed = Object.entries(files).map(([role, bytes]) => {
    const path = join(folder, `${family}-${role}`);
    writeFileSync(path, bytes);
    return [role, { path, name: role }] as const;
  });
  return loadDetector({ id: family, family, files: Object.fromEntries(placed) }, 1);
}

/** White everywhere. */
const white = (width: number, height: number): Pixels => ({
  data: new Uint8Array(3 * width * height).fill(255),
  width,
  height,
  channels: 3,
});

/** A CLIP vocabulary of two merges: 256 bytes, 256 at a word's end, "do", "dog", and what frames a text. */
const clipWords = gzipSync("#version\nd o\ndo g</w>\n");
const dog = 513;

/** A BERT vocabulary of a few words. */
const bertWords = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "red", "shoe", "##s", "cat"];
const bertTokenizer = Buffer.from(
  JSON.stringify({
    version: "1.0",
    added_tokens: [],
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(bertWords.map((word, id) => [word, id])),
    },
  }),
);

const asFloat = (g: GraphBuilder, value: Value) => g.node("Cast", [value], { to: { int: 1 } });
/** 1 where whole numbers are this one, 0 elsewhere. */
const isThis = (g: GraphBuilder, ids: Value, id: number) => asFloat(g, g.node("Equal", [ids, g.integers([id])]));

describe("words as numbers", () => {
  it("are those of CLIP, by its list of merges", () => {
    const words = readTokenizer(clipWords);
    const letter = (one: string) => one.charCodeAt(0) - 33;
    expect(words.of("A Dog, a do")).toEqual([
      256 + letter("a"),
      dog,
      256 + letter(","),
      256 + letter("a"),
      letter("d"),
      256 + letter("o"),
    ]);
    expect([words.token("<|startoftext|>"), words.token("<|endoftext|>")]).toEqual([514, 515]);
    expect(() => words.token("[CLS]")).toThrow("the tokenizer has no [CLS]");
  });

  it("are those of a tokenizer.json", () => {
    expect(readTokenizer(bertTokenizer).of("Red shoes, cat")).toEqual([5, 6, 7, 1, 8]);
  });
});

/** Boxes of middle and size, whose logits for a text are 4 where it names a dog, the second's by the picture's corner. */
function owlGraph(side: number): Uint8Array {
  const g = new GraphBuilder("owl");
  const picture = g.input("pixel_values", [1, 3, side, side], "The picture.");
  const ids = g.input("input_ids", ["texts", 16], "Numbers.", "int64");
  const mask = g.input("attention_mask", ["texts", 16], "What is text.", "int64");
  // [texts]: a text names a dog, and its 12 tokens are told from what fills the row.
  const isDog = g.node("ReduceMax", [isThis(g, ids, dog), g.integers([1])], { keepdims: { int: 0 } });
  const length = g.node("ReduceSum", [asFloat(g, mask), g.integers([1])], { keepdims: { int: 0 } });
  const isWhole = asFloat(g, g.node("Equal", [length, g.scalar(12)]));
  const first = g.subtract(g.multiply(g.multiply(isDog, isWhole), g.scalar(14)), g.scalar(10));
  const corner = g.slice(g.slice(g.slice(picture, 1, 0, 1), 2, side - 1, side), 3, side - 1, side);
  const second = g.add(g.multiply(first, g.scalar(0)), g.node("Squeeze", [corner, g.integers([0, 1, 2])]));
  const rows = [first, second].map((one) => g.node("Unsqueeze", [one, g.integers([0, 1])]));
  g.output("logits", g.concat(rows, 1), [1, 2, "texts"], "Of each box for each text.");
  const boxes = g.constant("boxes", [1, 2, 4], [0.25, 0.125, 0.5, 0.25, 0.5, 0.25, 0.5, 0.5]);
  g.output(
    "pred_boxes",
    g.add(boxes, g.multiply(reshapedCorner(g, corner), g.scalar(0))),
    [1, 2, 4],
    "Middle and size.",
  );
  return g.build();
}
const reshapedCorner = (g: GraphBuilder, value: Value) => g.reshape(value, [1, 1, 1]);

describe("owl", () => {
  const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

  it("owlv2 puts the picture on grey, and reads boxes as shares of the square", async () => {
    const look = await load("owlv2", { graph: owlGraph(960), tokenizer: clipWords });
    const found = await look(white(200, 100), ["dog", "cat"]);
    const grey = (127.5 - 122.7709383) / 68.5005327;
    expect(found).toEqual([
      { label: "dog", score: expect.closeTo(sigmoid(4), 4), x0: 0, y0: 0, x1: 0.5, y1: 0.5 },
      { label: "dog", score: expect.closeTo(sigmoid(grey), 4), x0: 0.25, y0: 0, x1: 0.75, y1: 1 },
      { label: "cat", score: expect.closeTo(sigmoid(grey), 4), x0: 0.25, y0: 0, x1: 0.75, y1: 1 },
    ]);
  });

  it("owlvit stretches it", async () => {
    const look = await load("owlvit", { graph: owlGraph(768), tokenizer: clipWords });
    const [dogs] = await look(white(200, 100), ["dog"]);
    expect(dogs).toMatchObject({ score: expect.closeTo(sigmoid(4), 4), x1: 0.5, y1: 0.25 });
  });

  it("refuses a graph that scores other texts", async () => {
    const g = new GraphBuilder("other");
    for (const name of ["input_ids", "attention_mask"]) g.input(name, ["texts", 16], "Numbers.", "int64");
    const picture = g.input("pixel_values", [1, 3, 960, 960], "The picture.");
    const one = reshapedCorner(g, g.slice(g.slice(g.slice(picture, 1, 0, 1), 2, 0, 1), 3, 0, 1));
    g.output("logits", one, [1, 1, 1], "One.");
    g.output("pred_boxes", g.concat([one, one, one, one], 2), [1, 1, 4], "One.");
    const look = await load("owlv2", { graph: g.build(), tokenizer: clipWords });
    await expect(look(white(10, 10), ["dog", "cat"])).rejects.toThrow("for each of 2 texts");
  });
});

/** Tokens of one box are "shoe", of the other "cat"; its width and height say how large the picture was. */
function dinoGraph(): Uint8Array {
  const g = new GraphBuilder("grounding dino");
  const picture = g.input("pixel_values", [1, 3, "height", "width"], "The picture.");
  const pixels = g.input("pixel_mask", [1, "height", "width"], "Its pixels.", "int64");
  const ids = g.input("input_ids", [1, "tokens"], "Numbers.", "int64");
  const types = g.input("token_type_ids", [1, "tokens"], "Zeros.", "int64");
  const mask = g.input("attention_mask", [1, "tokens"], "Ones.", "int64");
  const own = g.multiply(asFloat(g, mask), g.subtract(g.scalar(1), asFloat(g, types)));
  const rows = [6, 8].map((id) =>
    g.node("Unsqueeze", [
      g.subtract(g.multiply(g.multiply(isThis(g, ids, id), own), g.scalar(12)), g.scalar(10)),
      g.integers([1]),
    ]),
  );
  const filled = g.concat([g.concat(rows, 1), g.constant("rest", [1, 2, 256], new Float32Array(512).fill(-10))], 2);
  g.output("logits", g.slice(filled, 2, 0, 256), [1, 2, 256], "Of each box for each token.");
  const shape = asFloat(g, g.node("Shape", [picture]));
  const [height, width] = [g.slice(shape, 0, 2, 3), g.slice(shape, 0, 3, 4)];
  const covered = g.node("ReduceSum", [asFloat(g, pixels)], { keepdims: { int: 0 } });
  const share = g.node("Div", [covered, g.multiply(height, width)]);
  const first = [
    g.scalar(0.5),
    g.scalar(0.5),
    g.multiply(width, g.scalar(1 / 2000)),
    g.multiply(height, g.scalar(1 / 2000)),
  ];
  const second = [g.multiply(share, g.scalar(0.25)), g.scalar(0.5), g.scalar(0.5), g.scalar(1)];
  const numbers = [...first, ...second].map((one) => g.reshape(one, [1]));
  g.output("pred_boxes", g.reshape(g.concat(numbers, 0), [1, 2, 4]), [1, 2, 4], "Middle and size.");
  return g.build();
}

describe("grounding-dino", () => {
  it("makes the shorter side 800, ends each phrase with a dot, and gives a box to the phrase of its best token", async () => {
    const look = await load("grounding-dino", { graph: dinoGraph(), tokenizer: bertTokenizer });
    const score = expect.closeTo(1 / (1 + Math.exp(-2)), 4);
    expect(await look(white(300, 200), ["cat", "red shoes"])).toEqual([
      // 1200 x 800
      {
        label: "red shoes",
        score,
        x0: expect.closeTo(0.2),
        y0: expect.closeTo(0.3),
        x1: expect.closeTo(0.8),
        y1: expect.closeTo(0.7),
      },
      { label: "cat", score, x0: expect.closeTo(0), y0: 0, x1: expect.closeTo(0.5), y1: 1 },
    ]);
    // 1333 is the longest that a side may be.
    const [wide] = await look(white(400, 100), ["red shoes"]);
    expect((wide?.x1 ?? 0) - (wide?.x0 ?? 0)).toBeCloseTo(1333 / 2000);
    expect((wide?.y1 ?? 0) - (wide?.y0 ?? 0)).toBeCloseTo(333 / 2000);
  });

  it("finds nothing of words that do not fit in", async () => {
    const look = await load("grounding-dino", { graph: dinoGraph(), tokenizer: bertTokenizer });
    const long = Array(300).fill("red").join(" ");
    expect((await look(white(30, 30), [long, "cat"])).map(({ label }) => label)).toEqual(["cat"]);
  });
});

/** Fewer channels than SAM 3's features have; all else as it is. */
function sam3Graphs({ inPixels }: { inPixels: boolean }) {
  const features = {
    vision_pos_enc_2: [1, 4, 72, 72],
    backbone_fpn_0: [1, 1, 288, 288],
    backbone_fpn_1: [1, 1, 144, 144],
    backbone_fpn_2: [1, 4, 72, 72],
  };
  const image = new GraphBuilder("sam 3 image");
  const bytes = image.input("image", [3, 1008, 1008], "The picture.", "uint8");
  const first = image.reshape(
    asFloat(image, image.slice(image.slice(image.slice(bytes, 0, 0, 1), 1, 1007, 1008), 2, 1007, 1008)),
    [1, 1, 1, 1],
  );
  for (const [name, dims] of Object.entries(features)) {
    image.output(name, image.node("Expand", [first, image.integers(dims)]), dims, "The last pixel's red.");
  }
  const language = new GraphBuilder("sam 3 language");
  const tokens = language.input("tokens", [1, 32], "Numbers.", "int64");
  const word = language.reshape(asFloat(language, language.slice(tokens, 1, 1, 2)), [1, 1, 1]);
  language.output(
    "text_attention_mask",
    language.node("Equal", [tokens, language.integers([0])]),
    [1, 32],
    "Padding.",
    "bool",
  );
  language.output(
    "text_memory",
    language.node("Expand", [word, language.integers([32, 1, 256])]),
    [32, 1, 256],
    "The word.",
  );
  const g = new GraphBuilder("sam 3 decoder");
  const given = Object.entries(features).map(([name, dims]) => g.input(name, dims, "Features."));
  const mask = g.input("language_mask", [1, 32], "Padding.", "bool");
  const text = g.input("language_features", [32, 1, 256], "The word.");
  const coords = g.input("box_coords", [1, 1, 4], "No box.");
  const labels = g.input("box_labels", [1, 1], "Its label.", "int64");
  const isNone = g.input("box_masks", [1, 1], "That there is none.", "bool");
  const one = (value: Value) => g.reshape(g.node("ReduceMax", [value], { keepdims: { int: 0 } }), [1]);
  const isDog = asFloat(g, g.node("Equal", [one(text), g.scalar(dog)]));
  const padding = g.reshape(g.node("ReduceSum", [asFloat(g, mask)], { keepdims: { int: 0 } }), [1]);
  // One word and what frames it.
  const isPadded = asFloat(g, g.node("Equal", [padding, g.scalar(29)]));
  const parts = [
    isDog,
    isPadded,
    one(asFloat(g, isNone)),
    one(asFloat(g, labels)),
    g.subtract(g.scalar(1), one(coords)),
  ];
  const known = parts.reduce((all, part) => g.multiply(all, part));
  const isWhite = g.multiply(one(g.node("Add", [one(given[0] as Value), one(given[3] as Value)])), g.scalar(1 / 510));
  g.output(
    "scores",
    g.concat([g.multiply(g.multiply(known, isWhite), g.scalar(0.75)), g.reshape(g.scalar(0.02), [1])], 0),
    ["found"],
    "Of each.",
  );
  const size = (name: string) =>
    inPixels ? g.reshape(asFloat(g, g.input(name, [], "Of the picture.", "int64")), [1]) : g.reshape(g.scalar(1), [1]);
  const [height, width] = [size("original_height"), size("original_width")];
  const corners = [
    g.multiply(width, g.scalar(0.25)),
    g.multiply(height, g.scalar(0.5)),
    g.multiply(width, g.scalar(0.5)),
    height,
  ];
  const row = g.reshape(g.concat(corners, 0), [1, 4]);
  g.output("boxes", g.concat([row, row], 0), ["found", 4], "Corners.");
  return { image: image.build(), language: language.build(), decoder: g.build(), tokenizer: clipWords };
}

describe("sam3-words", () => {
  it.each([true, false])("looks at the picture once and asks for each word, boxes in pixels: %s", async (inPixels) => {
    const look = await load("sam3-words", sam3Graphs({ inPixels }));
    expect(await look(white(80, 40), ["dog", "cat"])).toEqual([
      { label: "dog", score: expect.closeTo(0.75), x0: 0.25, y0: 0.5, x1: 0.5, y1: 1 },
    ]);
  });
});

/** Words mean (1, 0) where they name a dog and (0, 1) else; a picture is (its middle's red, green). */
function clipGraphs() {
  const text = new GraphBuilder("clip text");
  const ids = text.input("input_ids", [1, 77], "Numbers.", "int64");
  const isDog = text.node("ReduceMax", [isThis(text, ids, dog), text.integers([1])], { keepdims: { int: 1 } });
  text.output("text_embeds", text.concat([isDog, text.subtract(text.scalar(1), isDog)], 1), [1, 2], "Of the words.");
  const image = new GraphBuilder("clip image");
  const pictures = image.input("pixel_values", ["pictures", 3, 224, 224], "Pictures.");
  const middle = image.slice(image.slice(image.slice(pictures, 1, 0, 2), 2, 112, 113), 3, 112, 113);
  image.output("image_embeds", image.reshape(middle, [-1, 2]), ["pictures", 2], "Of each.");
  return { text: text.build(), image: image.build(), tokenizer: clipWords };
}

describe("G9 clip", () => {
  it("holds words against the square around each box, in their order", async () => {
    const look = await load("clip", clipGraphs());
    // The left half is red, the right one green.
    const data = Uint8Array.from({ length: 3 * 80 * 40 }, (_, at) => {
      const isLeft = Math.floor(at / 3) % 80 < 40;
      return at % 3 === (isLeft ? 0 : 1) ? 255 : 0;
    });
    const boxes = [
      { x0: 0, y0: 0.4, x1: 0.25, y1: 0.6 },
      { x0: 0.75, y0: 0, x1: 1, y1: 1 },
    ];
    const [red, green] = [(255 - 122.7709383) / 68.5005327, (255 - 116.7460125) / 66.6321579];
    const [dark, black] = [-122.7709383 / 68.5005327, -116.7460125 / 66.6321579];
    const found = await look({ data, width: 80, height: 40, channels: 3 }, ["a dog"], Array(10).fill(boxes).flat());
    expect(found).toHaveLength(20);
    expect(found[0]).toEqual({
      ...boxes[0],
      label: "",
      score: expect.closeTo((1 + red / Math.hypot(red, black)) / 2, 4),
    });
    expect(found[19]?.score).toBeCloseTo((1 + dark / Math.hypot(dark, green)) / 2, 4);
    const [cat] = await look({ data, width: 80, height: 40, channels: 3 }, ["a cat"], boxes);
    expect(cat?.score).toBeCloseTo((1 + black / Math.hypot(red, black)) / 2, 4);
  });
});
