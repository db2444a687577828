import createParser from "markdown-it";

/** A block of code of a document. */
export interface CodeBlock {
  /** The first line of the code in the document, from 1. */
  readonly line: number;
  /** What its fence says it is; empty where it is only indented. */
  readonly language: string;
  readonly code: string;
  /** The comment right before it, without `<!--` and `-->`: why it is not run, or by which test it is. */
  readonly note: string | undefined;
}

const parser = createParser({ html: true });

/** All blocks of code of a document, in their order. */
export function codeBlocksOf(text: string): CodeBlock[] {
  const tokens = parser.parse(text, {});
  return tokens.flatMap((token, index) => {
    if (token.type !== "fence" && token.type !== "code_block") return [];
    const before = tokens[index - 1];
    const [, note] = (before?.type === "html_block" && /^<!--\s*(.*?)\s*-->\s*$/s.exec(before.content)) || [];
    const line = (token.map?.[0] ?? 0) + (token.type === "fence" ? 2 : 1);
    return [{ line, language: token.info.trim(), code: token.content, note }];
  });
}
