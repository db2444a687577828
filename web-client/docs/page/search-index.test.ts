import { expect, it } from "vitest";
import { excerptOf, SearchIndex } from "./search-index.js";

const rows = [
  { href: "cache.html", page: "The shared cache", heading: "", text: "Redis or Valkey, named by MASKWIRE_CACHE_URL." },
  {
    href: "cache.html#keys",
    page: "The shared cache",
    heading: "Signing keys",
    text: "Encoders sign what they store.",
  },
  { href: "messages.html#zebra", page: "Messages", heading: "Zebra", text: "A zebra.", isReference: true },
  { href: "animals.html", page: "Zebra", heading: "", text: "A zebra has stripes." },
  { href: "http.html#post", page: "HTTP", heading: "Segment", text: "POST /v1/segment asks with a prompt." },
];
const found = async (query: string) => (await SearchIndex.of(rows)).find(query).map(({ href }) => href);

it.each([
  ["redis", ["cache.html"]],
  ["MASKWIRE_CACHE_URL", ["cache.html"]],
  ["cache_url", ["cache.html"]],
  ["sign", ["cache.html#keys"]],
  ["/v1/segment", ["http.html#post"]],
  ["segmant", ["http.html#post"]],
  ["signing segment", []],
  ["  ", []],
])("%s leads to %j", async (query, hrefs) => {
  expect(await found(query)).toEqual(hrefs);
});

it("puts what is called so before what only says so, and what explains before what is only looked up", async () => {
  expect((await found("keys"))[0]).toBe("cache.html#keys");
  expect(await found("zebra")).toEqual(["animals.html", "messages.html#zebra"]);
});

it("shows where in a long text the word is", () => {
  const text = `${"before ".repeat(60)}needle ${"after ".repeat(60)}`;
  const excerpt = excerptOf(text, "needle");
  expect(excerpt).toContain("needle");
  expect(excerpt.length).toBeLessThan(160);
  expect(excerptOf(`needle ${text}`.replace("needle after", "needle eye"), "needle eye")).toContain("needle eye");
  expect(excerptOf("short", "nothing")).toBe("short");
});
