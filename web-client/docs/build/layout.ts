import { chapters, type PageEntry, pages } from "./contents.js";
import { escapeHtml } from "./escape-html.js";
import type { RenderedPage, Section } from "./render-page.js";

/** Files that every page asks for, relative to it. */
export interface Assets {
  readonly script: string;
  readonly style: string;
  readonly icon: string;
}

/** A whole page. Nothing in it is script or style by itself: a policy without exceptions lets it be what it is. */
export function layOut(page: PageEntry, { html, sections }: RenderedPage, assets: Assets, searchIndex: string): string {
  const title = page.name === "index" ? "Maskwire" : `${page.title} · Maskwire`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escapeHtml(title)}</title>${page.name === "404" ? '\n    <base href="./">' : ""}
    <link rel="icon" href="${assets.icon}" type="image/svg+xml">
    <link rel="stylesheet" href="${assets.style}">
    <script type="module" src="${assets.script}"></script>
  </head>
  <body>
    <a class="skip" href="#content">To the text</a>
    <header class="bar">
      <a class="brand" href="index.html"><img src="${assets.icon}" alt="" width="26" height="26"> Maskwire <span>Documentation</span></a>
      <button type="button" class="menu" id="menu" aria-expanded="false" aria-controls="contents" hidden>Contents</button>
      <search class="search" id="search" data-index="${searchIndex}" hidden>
        <input type="search" id="query" placeholder="Search" aria-label="Search the documentation" autocomplete="off" spellcheck="false">
        <kbd aria-hidden="true">/</kbd>
        <div class="found" id="found" hidden><p id="found-count" role="status"></p><ul id="found-list"></ul></div>
      </search>
    </header>
    <div class="columns">
      <nav class="contents" id="contents" aria-label="Contents">${contentsOf(page)}</nav>
      <main class="content" id="content" tabindex="-1">
${html}${page.name === "404" ? "" : aroundOf(page)}
      </main>
      ${onThisPage(sections)}
    </div>
  </body>
</html>
`;
}

function contentsOf(page: PageEntry): string {
  return chapters
    .map(({ title, pages: all }) => {
      const items = all.map(({ name, title: text }) => {
        const here = name === page.name ? ' aria-current="page"' : "";
        return `<li><a href="${name}.html"${here}>${escapeHtml(text)}</a></li>`;
      });
      return `\n        <h2>${escapeHtml(title)}</h2>\n        <ul>${items.join("")}</ul>`;
    })
    .join("");
}

/** Those before and after it, and where its text stands. */
function aroundOf(page: PageEntry): string {
  const place = pages.indexOf(page);
  const link = (other: PageEntry | undefined, rel: string, label: string) =>
    other
      ? `<a class="to ${rel}" rel="${rel}" href="${other.name}.html"><small>${label}</small>${escapeHtml(other.title)}</a>`
      : "<span></span>";
  return `<footer class="around">
  <nav aria-label="Next to this page">${link(pages[place - 1], "prev", "Before")}${link(pages[place + 1], "next", "Next")}</nav>
  <p>This page is <code>${escapeHtml(page.source)}</code> in the repository.</p>
</footer>`;
}

function onThisPage(sections: readonly Section[]): string {
  const listed = sections.filter(({ level, id }) => (level === 2 || level === 3) && id);
  if (listed.length < 2) return "";
  const deepest = listed.length > 30 ? 2 : 3;
  const items = listed
    .filter(({ level }) => level <= deepest)
    .map(
      ({ id, heading, level }) =>
        `<li class="level-${level}"><a href="#${escapeHtml(id)}">${escapeHtml(heading)}</a></li>`,
    );
  return `<nav class="on-page" aria-labelledby="on-page"><h2 id="on-page">On this page</h2><ul>${items.join("")}</ul></nav>`;
}
