import { gunzipSync } from "node:zlib";
import { Tokenizer } from "@huggingface/tokenizers";

/** Words -> a text model's numbers for them, without those that begin and end a text. */
export interface WordNumbers {
  of(text: string): number[];
  /** @throws Error when the vocabulary has no such token. */
  token(name: string): number;
}

/** What CLIP's list of merges is read up to: 49152 tokens, less bytes (alone, and at a word's end) and the two that frame a text. */
const clipMerges = 49_152 - 256 - 2;

/**
 * A tokenizer.json as Hugging Face writes it; or CLIP's own vocabulary (`bpe_simple_vocab_16e6.txt.gz` of openai/CLIP).
 * @throws Error when it is neither.
 */
export function readTokenizer(bytes: Uint8Array): WordNumbers {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = new TextDecoder().decode(isPacked ? gunzipSync(bytes) : bytes);
  const tokenizer = new Tokenizer(isPacked ? clipTokenizer(text) : JSON.parse(text), {});
  return {
    of: (words) => tokenizer.encode(words, { add_special_tokens: false }).ids,
    token: (name) => {
      const id = tokenizer.token_to_id(name);
      if (id === undefined) throw new Error(`the tokenizer has no ${name}`);
      return id;
    },
  };
}

/** CLIP's `SimpleTokenizer` as a tokenizer.json: byte pairs of lower-case words, each with an end. */
function clipTokenizer(text: string): object {
  const merges = text
    .split("\n")
    .slice(1, 1 + clipMerges)
    .filter((line) => line.includes(" "));
  const bytes = byteLetters();
  const tokens = [
    ...bytes,
    ...bytes.map((one) => `${one}</w>`),
    ...merges.map((merge) => merge.replace(" ", "")),
    "<|startoftext|>",
    "<|endoftext|>",
  ];
  const words = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
  return {
    version: "1.0",
    added_tokens: ["<|startoftext|>", "<|endoftext|>"].map((content) => ({
      id: tokens.indexOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: words }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: "BPE",
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** GPT-2's letters for bytes: those that can be seen are themselves, the others follow from 256 on. */
function byteLetters(): string[] {
  const seen = [...span(33, 126), ...span(161, 172), ...span(174, 255)];
  const hidden = span(0, 255).filter((byte) => !seen.includes(byte));
  return [...seen, ...hidden.map((_, at) => 256 + at)].map((code) => String.fromCodePoint(code));
}

const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
