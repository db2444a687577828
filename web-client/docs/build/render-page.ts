import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path/posix";
import hljs from "highlight.js/lib/common";
import { imageSize } from "image-size";
import createParser, { type MarkdownIt, type Token } from "markdown-it";
import { type PageEntry, pages } from "./contents.js";
import { escapeHtml } from "./escape-html.js";
import { targetOf } from "./links.js";
import { Slugs } from "./slugs.js";

/** A heading and what stands below it until the next: what a search finds. */
export interface Section {
  /** Empty for what stands before the first heading but the title. */
  readonly id: string;
  readonly heading: string;
  readonly level: number;
  readonly text: string;
}

export interface RenderedPage {
  readonly html: string;
  readonly sections: readonly Section[];
  /** Pictures that it shows: their paths in the repository by their names on the site. */
  readonly images: ReadonlyMap<string, string>;
}

const attributeOf = (token: Token, name: string) => String(token.attrGet(name) ?? "");

/** The HTML of a document's Markdown. @param root the repository's folder. */
export function renderPage(text: string, page: PageEntry, root: string): RenderedPage {
  const images = new Map<string, string>();
  const markdown = createMarkdown(page.source, root, images);
  const tokens = markdown.parse(text, {});
  nameHeadings(tokens);
  nameRules(tokens);
  const html = markdown.renderer.render(tokens, markdown.options, {});
  return { html, sections: sectionsOf(tokens), images };
}

function createMarkdown(source: string, root: string, images: Map<string, string>): MarkdownIt {
  const markdown = createParser({ html: true });
  const { rules } = markdown.renderer;
  // Comments are for those who change the document, and what is not Markdown is not meant for here.
  rules.html_block = () => "";
  rules.html_inline = () => "";
  rules.code_block = (tokens, index) => blockOf(escapeHtml(tokens[index]?.content ?? ""));
  rules.code_inline = (tokens, index) => `<code>${breakable(escapeHtml(tokens[index]?.content ?? ""))}</code>`;
  rules.fence = (tokens, index) => {
    const { content = "", info = "" } = tokens[index] ?? {};
    return blockOf(highlight(content, info.trim()));
  };
  rules.table_open = () => '<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n';
  rules.table_close = () => "</table></div>\n";
  rules.heading_close = (tokens, index, options, _env, self) => {
    const heading = tokens[index - 2];
    const id = heading && attributeOf(heading, "id");
    const sign = id && heading.tag !== "h1" ? anchorOf(id, plainTextOf(tokens[index - 1])) : "";
    return `${sign}${self.renderToken(tokens, index, options)}`;
  };
  rules.link_open = (tokens, index, options, _env, self) => {
    const token = tokens[index] as Token;
    const target = targetOf(decodeURI(attributeOf(token, "href")), source, pages);
    if (target.kind === "file") {
      const closing = tokens.slice(index).find(({ type, level }) => type === "link_close" && level === token.level);
      if (closing) closing.tag = "span";
      return `<span class="file" title="In the repository: ${escapeHtml(target.path)}">`;
    }
    token.attrSet("href", target.href);
    if (target.kind === "world") token.attrSet("rel", "noreferrer");
    return self.renderToken(tokens, index, options);
  };
  rules.image = (tokens, index) => {
    const token = tokens[index] as Token;
    const path = normalize(join(dirname(source), attributeOf(token, "src")));
    return imageOf(path, token.content, root, images);
  };
  return markdown;
}

/** Long names may go on in the next line behind an underscore: a column of them would leave no room for the others. */
const breakable = (code: string) =>
  code.replace(/\b[A-Z0-9]+(?:_[A-Z0-9]+){2,}\b/g, (name) => name.replaceAll("_", "_<wbr>"));

const blockOf = (code: string) => `<div class="code"><pre tabindex="0"><code>${code}</code></pre></div>\n`;

const anchorOf = (id: string, text: string) =>
  ` <a class="anchor" href="#${escapeHtml(id)}" aria-label="Link to ${escapeHtml(text)}">#</a>`;

function highlight(code: string, language: string): string {
  return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : escapeHtml(code);
}

/** Drawings become part of the page, whose colours they take; pictures stay files. */
function imageOf(path: string, alt: string, root: string, images: Map<string, string>): string {
  const file = readFileSync(join(root, path));
  if (path.endsWith(".svg")) {
    // By itself it brings its own title and colours; on the page these are the text's and the style sheet's.
    const drawing = file.toString().replace(/<(title|style)>.*?<\/\1>\s*/gs, "");
    const opened = drawing.replace(/^<svg /, `<svg class="drawing" role="img" aria-label="${escapeHtml(alt)}" `);
    return `<span class="figure" role="group" aria-label="Drawing" tabindex="0">${opened}</span>`;
  }
  const { width, height } = imageSize(file);
  const name = `images/${basename(path)}`;
  images.set(name, path);
  return `<img src="${name}" alt="${escapeHtml(alt)}" width="${width}" height="${height}" loading="lazy">`;
}

/** Ids for headings. */
function nameHeadings(tokens: Token[]): void {
  const slugs = new Slugs();
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") token.attrSet("id", slugs.of(plainTextOf(tokens[index + 1])));
  }
}

/** Ids for items that begin with a rule's number in bold: `rules.html#A4`. */
function nameRules(tokens: Token[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== "list_item_open") continue;
    const [open, text] = tokens[index + 2]?.children?.filter(({ type, content }) => type !== "text" || content) ?? [];
    if (open?.type === "strong_open" && /^[A-Z]\d+$/.test(text?.content ?? ""))
      token.attrSet("id", text?.content ?? "");
  }
}

function plainTextOf(inline: Token | undefined): string {
  return (inline?.children ?? [])
    .map(({ type, content }) => (type === "text" || type === "code_inline" ? content : type === "softbreak" ? " " : ""))
    .join("");
}

function sectionsOf(tokens: readonly Token[]): Section[] {
  const sections: { id: string; heading: string; level: number; text: string }[] = [];
  let isHeading = false;
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const id = attributeOf(token, "id");
      sections.push({ id, heading: plainTextOf(tokens[index + 1]), level: Number(token.tag.slice(1)), text: "" });
      isHeading = true;
    } else if (token.type === "inline") {
      const last = sections.at(-1);
      if (!isHeading && last) last.text += `${plainTextOf(token)} `;
      isHeading = false;
    } else if (token.type === "fence" || token.type === "code_block") {
      const last = sections.at(-1);
      if (last) last.text += `${token.content} `;
    }
  }
  return sections.map((section) => ({ ...section, text: section.text.replace(/\s+/g, " ").trim() }));
}
