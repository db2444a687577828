import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { serveBuilt } from "./built-files.js";

/** Pages without a script or a style of their own, that ask nobody but the folder they are in. */
const policyWith = (base: "'none'" | "'self'") =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `base-uri ${base}`,
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; ");

/** The built documentation at `/docs`, for anybody: there is nothing in it but what the repository holds (H25). */
export async function documentation(app: FastifyInstance): Promise<void> {
  // Relative, since a proxy may serve it below any path.
  app.get("/docs", { config: { isPublic: true, describes: "elsewhere" } }, (_request, reply) =>
    reply.redirect("docs/", 308),
  );
  const root = await serveBuilt(app, {
    folder: "docs",
    sign: "404.html",
    prefix: "/docs/",
    route: "/docs/*",
    called: "The documentation",
    headers: { "content-security-policy": policyWith("'none'") },
    isNamedByDigest: (path) => /-[\w-]{8}\.(js|css|json)(\.gz)?$/.test(path),
    // It is answered below, wherever there is no page.
    left: "404.html*",
  });
  if (root === undefined) return;
  const lost = readFileSync(join(root, "404.html"), "utf8");
  app.get("/docs/*", (request, reply) => {
    // What the page asks for lies at the folder's top, however deep the address is.
    const depth = (request.params as { "*": string })["*"].split("/").length - 1;
    return reply
      .code(404)
      .type("text/html; charset=utf-8")
      .header("content-security-policy", policyWith("'self'"))
      .header("cache-control", "no-cache")
      .send(lost.replace('<base href="./">', `<base href="${"../".repeat(depth) || "./"}">`));
  });
}
