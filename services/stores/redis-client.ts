import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The Redis project's client, loaded with the first connection: it is a third of the files that a process loads, and most have no shared cache. */
export const redisClient = () => require("@redis/client") as typeof import("@redis/client");
