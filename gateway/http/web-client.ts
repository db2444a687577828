import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Access } from "../../services/runtime/callers/access.js";
import { serveBuilt } from "./built-files.js";

/**
 * Everything the page needs comes from here; pictures and videos may also be its own blobs.
 * @param provider where people sign in, if anywhere: the page asks it for tokens.
 */
const policyWith = (provider: string | undefined, base: "'none'" | "'self'") =>
  [
    "default-src 'self'",
    ...(provider === undefined ? [] : [`connect-src 'self' ${new URL(provider).origin}`]),
    // The decoder in the browser is compiled code.
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "img-src 'self' blob: data:",
    // A video of the person's own, where the browser plays what its decoder is not to be had for.
    "media-src 'self' blob:",
    "object-src 'none'",
    `base-uri ${base}`,
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join("; ");

const isolation = "require-corp";

/** The pages of one data set, and the file that each is in. */
const datasetPages: Readonly<Record<string, string>> = {
  labels: "datasets",
  annotate: "annotate",
  review: "datasets",
  audit: "datasets",
  charts: "datasets",
  replay: "datasets",
};

/** The built web client at `/`, and its pages of data sets. */
export async function webClient(app: FastifyInstance, { signIn }: Pick<Access, "signIn">): Promise<void> {
  const root = await serveBuilt(app, {
    folder: "site",
    sign: "index.html",
    prefix: "/",
    route: "/",
    called: "The web client",
    headers: {
      "content-security-policy": policyWith(signIn.oidc?.issuer, "'none'"),
      // Isolated from other origins, with the opener policy that all answers have, a page may use threads; its workers' scripts
      // have to say so too.
      "cross-origin-embedder-policy": isolation,
    },
    // Vite puts a digest into the names under assets/.
    isNamedByDigest: (path) => path.includes(join("site", "assets")),
  });
  if (root !== undefined) pageRoutes(app, root, policyWith(signIn.oidc?.issuer, "'self'"));
}

/** Pages that have a path of their own. Below `/datasets` one is deeper than what it fetches: its base says how much, wherever a proxy may serve it. */
function pageRoutes(app: FastifyInstance, root: string, policy: string): void {
  const pages = new Map(
    [...new Set([...Object.values(datasetPages), "video"])].map((name) => [
      name,
      readFileSync(join(root, `${name}.html`), "utf8"),
    ]),
  );
  const show = (reply: FastifyReply, name: string, depth: number) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", policy)
      .header("cross-origin-embedder-policy", isolation)
      .header("cache-control", "no-cache")
      .send(pages.get(name)?.replace('<base href="./"', `<base href="${"../".repeat(depth) || "./"}"`));
  app.get("/video", (_request, reply) => show(reply, "video", 0));
  app.get("/video/", (_request, reply) => show(reply, "video", 1));
  app.get("/datasets", (_request, reply) => show(reply, "datasets", 0));
  app.get("/datasets/", (_request, reply) => show(reply, "datasets", 1));
  app.get("/datasets/:dataset", (_request, reply) => show(reply, "datasets", 1));
  for (const [page, name] of Object.entries(datasetPages)) {
    app.get(`/datasets/:dataset/${page}`, (_request, reply) => show(reply, name, 2));
  }
}
