import type { Attack } from "../attack.js";
import { pick } from "../wire/mutate-bytes.js";
import { exchange, head } from "../wire/raw-http.js";

const pages = ["metrics"];

/** Another spelling of the same path. */
const spellings: readonly ((page: string) => string)[] = [
  (page) => `/${page}`,
  (page) => `/%${page.charCodeAt(0).toString(16)}${page.slice(1)}`,
  (page) => `/${[...page].map((letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`).join("")}`,
  (page) => `//${page}`,
  (page) => `/./${page}`,
  (page) => `/v1/../${page}`,
  (page) => `/v1/%2e%2e/${page}`,
  (page) => `/${page}/`,
  (page) => `/${page}?x=1`,
  (page) => `/${page};x`,
  (page) => `/${page.toUpperCase()}`,
  (page) => `/${page}%00`,
  (page) => `/${page}%20`,
  (page) => `http://localhost/${page}`,
];

/** What is for the operator is on a port of its own: on this one it does not exist, however it is spelt. */
export const adminPaths: Attack = {
  name: "admin-paths",
  title: "metrics asked for at the public port, in every spelling",
  setting: "single",
  unit: "requests",
  count: 1000,
  short: 60,
  async run({ gateway, from }, random, tally) {
    while (tally.goesOn) {
      const path = pick(random, spellings)(pick(random, pages));
      tally.try();
      const { statuses, text } = await exchange(gateway, from, [
        head(pick(random, ["GET", "HEAD"]), path, { connection: "close" }),
      ]);
      if (/maskwire_\w+(\{|\s)/.test(text)) tally.note(`the operator's page came for ${path}`);
      if (statuses[0] === 404 || statuses[0] === 400) tally.refused();
      else tally.answered();
    }
  },
};
