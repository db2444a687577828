import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import dockerignoreModule from "@balena/dockerignore";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { pages } from "../../web-client/docs/build/contents.js";
import { targetOf } from "../../web-client/docs/build/links.js";

// The module is the function; its types speak of a default export.
const dockerignore = dockerignoreModule as unknown as typeof dockerignoreModule.default;

/** The documentation as it is built, in dist/docs. */
const folder = join(projectRoot, "dist", "docs");
const built = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".html"))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
);

const idsOf = (html: string) => [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = ""]) => id);
const addressesOf = (html: string) => [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, to = ""]) => to);
const plainOf = (text: string) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");

describe("the documentation's site", () => {
  it("is a page for each entry of its contents, whose documents are there", () => {
    expect([...built.keys()].sort()).toEqual([...pages.map(({ name }) => `${name}.html`), "404.html"].sort());
    expect(new Set(pages.map(({ name }) => name)).size).toBe(pages.length);
  });

  it("leads to what is there: pages, headings, pictures", () => {
    const ids = new Map([...built].map(([name, html]) => [name, new Set(idsOf(html))]));
    const lost = [...built].flatMap(([name, html]) =>
      addressesOf(html)
        .map(plainOf)
        .filter((to) => !/^https?:/.test(to) && to !== "./")
        .filter((to) => {
          const [file = "", id] = to.split("#");
          const target = file === "" ? name : file;
          if (!existsSync(join(folder, target))) return true;
          return id !== undefined && !ids.get(target)?.has(decodeURIComponent(id));
        })
        .map((to) => `${name}: ${to}`),
    );
    expect(lost).toEqual([]);
  });

  it("is made of files that an image's build has too", () => {
    const ignored = dockerignore().add(readFileSync(join(projectRoot, ".dockerignore"), "utf8"));
    const needed = pages.flatMap(({ source }) => {
      const text = readFileSync(join(projectRoot, source), "utf8");
      const images = [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, to = ""]) => join(dirname(source), to));
      return [source, ...images];
    });
    expect(needed.length).toBeGreaterThan(pages.length);
    expect(needed.filter((path) => ignored.ignores(path))).toEqual([]);
  });

  it("names each place of a page once", () => {
    for (const [name, html] of built) {
      const ids = idsOf(html);
      expect(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        name,
      ).toEqual([]);
    }
  });

  it("fetches nothing from elsewhere, and knows no path that it is served below", () => {
    for (const [name, html] of built) {
      const fetched = [...html.matchAll(/<(?:img|script|link)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, to]) => to);
      expect(fetched.length, name).toBeGreaterThan(2);
      expect(
        fetched.filter((to) => !/^(assets|images)\//.test(to ?? "")),
        name,
      ).toEqual([]);
      expect(
        addressesOf(html).filter((to) => to.startsWith("/")),
        name,
      ).toEqual([]);
    }
  });

  it("says of a file of the repository where it is, and it is there", () => {
    const named = [...built].flatMap(([name, html]) =>
      [...html.matchAll(/title="In the repository: ([^"]+)"/g)].map(([, path = ""]) => ({ name, path })),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ path }) => !existsSync(join(projectRoot, path)))).toEqual([]);
  });
});

describe("a link of a document", () => {
  const known = [
    { name: "rules", title: "Rules", source: "gateway/SPEC.md" },
    { name: "start", title: "Start", source: "web-client/docs/start.md" },
  ];
  it.each([
    ["https://example.org/a", { kind: "world", href: "https://example.org/a" }],
    ["start.md#how", { kind: "page", href: "start.html#how" }],
    ["../../gateway/SPEC.md", { kind: "page", href: "rules.html" }],
    ["#here", { kind: "page", href: "#here" }],
    ["openapi.json", { kind: "page", href: "openapi.json" }],
    ["../../proto/maskwire/v1/", { kind: "file", path: "proto/maskwire/v1" }],
  ])("to %s leads to %j", (href, target) => {
    expect(targetOf(href, "web-client/docs/concepts.md", known)).toEqual(target);
  });
});
