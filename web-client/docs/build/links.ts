import { dirname, join, normalize } from "node:path/posix";
import type { PageEntry } from "./contents.js";

type Target =
  /** Somewhere else in the world. */
  | { readonly kind: "world"; readonly href: string }
  /** On a page of the site, relative to any other. */
  | { readonly kind: "page"; readonly href: string }
  /** A file of the repository that is no page. */
  | { readonly kind: "file"; readonly path: string };

/** Files that the site has beside its pages. */
const besides = new Set(["openapi.json", "asyncapi.json"]);

/** Where a link of a document leads on the site. @param source the document's path in the repository. */
export function targetOf(href: string, source: string, pages: readonly PageEntry[]): Target {
  if (/^[a-z]+:/i.test(href)) return { kind: "world", href };
  const [path = "", anchor] = href.split("#");
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (path === "") return { kind: "page", href: hash };
  if (besides.has(path)) return { kind: "page", href: path };
  const file = normalize(join(dirname(source), path)).replace(/\/$/, "");
  const page = pages.find((one) => one.source === file);
  return page ? { kind: "page", href: `${page.name}.html${hash}` } : { kind: "file", path: file };
}
