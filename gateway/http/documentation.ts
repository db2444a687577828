import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { projectRoot } from "../../services/runtime/project-root.js";

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
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, isPublic: true, describes: "elsewhere" };
  });
  const root = join(projectRoot, "dist", "docs");
  // Relative, since a proxy may serve it below any path.
  app.get("/docs", (_request, reply) => reply.redirect("docs/", 308));
  if (!existsSync(join(root, "404.html"))) {
    const message = "The documentation is not built; run npm run build.";
    app.get("/docs/*", (_request, reply) => replyError(reply, new ServiceError({ code: Code.NOT_FOUND, message })));
    return;
  }
  await app.register(fastifyStatic, {
    root,
    prefix: "/docs/",
    wildcard: false,
    // It is answered below, wherever there is no page.
    globIgnore: ["404.html*"],
    cacheControl: false,
    preCompressed: true,
    setHeaders(response, path) {
      response.setHeader("content-security-policy", policyWith("'none'"));
      response.setHeader("vary", "accept-encoding");
      const isNamedByDigest = /-[\w-]{8}\.(js|css|json)(\.gz)?$/.test(path);
      response.setHeader("cache-control", isNamedByDigest ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
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
