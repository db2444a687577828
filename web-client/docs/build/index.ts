import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { projectRoot } from "../../../services/runtime/project-root.js";
import { lookedUp, type PageEntry, pages } from "./contents.js";
import { describeApi } from "./describe-api.js";
import { fillIn } from "./fill-in.js";
import { layOut } from "./layout.js";
import { buildAssets } from "./page-assets.js";
import { type RenderedPage, renderPage } from "./render-page.js";

/*
 * `npm run docs`: the documentation as a folder of static files, dist/docs. All addresses in it are relative, so that any host
 * serves it below any path; the gateway does at /docs.
 */

const folder = join(projectRoot, "dist", "docs");

/** What is answered where there is no page. */
const lost: PageEntry = { name: "404", title: "Not here", source: "web-client/docs/404.md" };

await rm(folder, { recursive: true, force: true });
await mkdir(join(folder, "images"), { recursive: true });
const [assets, api] = await Promise.all([buildAssets(projectRoot, folder), describeApi(projectRoot)]);
await copyFile(join(projectRoot, "web-client", "public", "favicon.svg"), join(folder, "assets", "icon.svg"));
for (const [name, document] of Object.entries(api.documents)) await writeFile(join(folder, name), document);

const rendered = await Promise.all(
  [...pages, lost].map(async (page) => {
    const text = fillIn(await readFile(join(projectRoot, page.source), "utf8"), api.parts);
    return { page, body: renderPage(text, page, projectRoot) };
  }),
);
const index = await writeIndex(rendered.filter(({ page }) => page !== lost));
for (const { page, body } of rendered) {
  const html = layOut(page, body, { ...assets, icon: "assets/icon.svg" }, index);
  await writeFile(join(folder, `${page.name}.html`), html);
  for (const [name, path] of body.images) await copyFile(join(projectRoot, path), join(folder, name));
}
await compress(folder);

/** What a search looks through: one row a section. */
async function writeIndex(all: readonly { page: PageEntry; body: RenderedPage }[]): Promise<string> {
  const rows = all.flatMap(({ page, body }) =>
    body.sections.map(({ id, heading, level, text }) => ({
      href: `${page.name}.html${level === 1 ? "" : `#${id}`}`,
      page: page.title,
      heading: level === 1 ? "" : heading,
      text,
      ...(lookedUp.includes(page) && { isReference: true }),
    })),
  );
  const content = JSON.stringify(rows);
  const name = `assets/search-${createHash("sha256").update(content).digest("hex").slice(0, 8)}.json`;
  await writeFile(join(folder, name), content);
  return name;
}

/** Beside each file of some size the same in gzip, for a gateway to hand out. */
async function compress(within: string): Promise<void> {
  const entries = await readdir(within, { recursive: true });
  const texts = entries.filter((name) => /\.(html|js|css|json|svg)$/.test(name));
  await Promise.all(
    texts.map(async (name) => {
      const path = join(within, name);
      if ((await stat(path)).size >= 1024) await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path)));
    }),
  );
}
