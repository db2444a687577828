import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { projectRoot } from "../../services/runtime/project-root.js";

/** Files that `npm run build` has made, for anybody. */
interface BuiltFiles {
  /** Their folder in dist. */
  folder: string;
  /** The file that tells that they were built. */
  sign: string;
  /** The path that they are below, with a slash at its end. */
  prefix: string;
  /** What answers where nothing is built. */
  route: string;
  /** "The documentation". */
  called: string;
  headers: Readonly<Record<string, string>>;
  /** @param path of the file. @returns whether its name has a digest, so that it never changes. */
  isNamedByDigest: (path: string) => boolean;
  /** What is not to have a route of its own, as a glob. */
  left?: string;
}

/** @returns their folder, undefined when they are not built: a sentence at `route` says so then. */
export async function serveBuilt(app: FastifyInstance, files: BuiltFiles): Promise<string | undefined> {
  // Before anybody has signed in there must be a page to do it with.
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, isPublic: true, describes: "elsewhere" };
  });
  const root = join(projectRoot, "dist", files.folder);
  if (!existsSync(join(root, files.sign))) {
    const message = `${files.called} is not built; run npm run build.`;
    app.get(files.route, (_request, reply) => replyError(reply, new ServiceError({ code: Code.NOT_FOUND, message })));
    return undefined;
  }
  await app.register(fastifyStatic, {
    root,
    prefix: files.prefix,
    // A route a file, so that any other path is one that is not there, in the form that all errors have.
    wildcard: false,
    ...(files.left === undefined ? {} : { globIgnore: [files.left] }),
    // Said below: its own would take the place of that.
    cacheControl: false,
    // Made with the files.
    preCompressed: true,
    setHeaders(response, path) {
      for (const [name, value] of Object.entries(files.headers)) response.setHeader(name, value);
      response.setHeader("vary", "accept-encoding");
      const isFixed = files.isNamedByDigest(path);
      response.setHeader("cache-control", isFixed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  return root;
}
