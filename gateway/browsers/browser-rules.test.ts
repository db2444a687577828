import { expect, it } from "vitest";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { BrowserRules } from "./browser-rules.js";

const proxy = "10.0.0.9";
const rules = () =>
  new BrowserRules({
    origins: ["https://app.example.org"],
    publicHosts: ["sam.example.org"],
    host: "127.0.0.1",
    trustedProxies: [proxy],
    logger: fakeLogger(),
  });

interface Row {
  headers: Record<string, string>;
  method?: string;
  path?: string;
  from?: string;
  encrypted?: boolean;
}

const statusOf = ({ headers, method = "POST", path = "/v1/segment", from = "192.0.2.1", encrypted }: Row) =>
  rules().refusalOf(
    { headers, method, socket: { remoteAddress: from, ...(encrypted ? { encrypted } : {}) } as never },
    path,
  )?.status;

const host = "sam.example.org";
const own = "https://sam.example.org";

it.each<[string, Row, number | undefined]>([
  ["W1: by its name", { headers: { host } }, undefined],
  ["W1: without one, as HTTP/1.0", { headers: {} }, undefined],
  ["W1: by another's", { headers: { host: "attacker.example" } }, 421],
  ["W1: by another's, the page", { headers: { host: "attacker.example" }, method: "GET", path: "/" }, 421],
  ["W1: by what is no name", { headers: { host: "a@b" } }, 421],
  ["W1: a stranger's X-Forwarded-Host", { headers: { host, "x-forwarded-host": "attacker.example" } }, undefined],
  ["W1: does not help", { headers: { host: "attacker.example", "x-forwarded-host": host } }, 421],
  ["W1: a proxy's", { headers: { host: "10.1.1.1", "x-forwarded-host": host }, from: proxy }, undefined],
  [
    "W1: is held against the names",
    { headers: { host: "10.1.1.1", "x-forwarded-host": "attacker.example" }, from: proxy },
    421,
  ],
  ["W1: beside Host", { headers: { host: "attacker.example", "x-forwarded-host": host }, from: proxy }, 421],
  ["W1: every one", { headers: { host, "x-forwarded-host": `${host}, attacker.example` }, from: proxy }, 421],
  ["W2: a program", { headers: { host } }, undefined],
  ["W2: the gateway's own page", { headers: { host, origin: own } }, undefined],
  ["W2: by plain HTTP, where nobody says more", { headers: { host, origin: "http://sam.example.org" } }, undefined],
  [
    "W2: by plain HTTP, where TLS ends here",
    { headers: { host, origin: "http://sam.example.org" }, encrypted: true },
    403,
  ],
  ["W2: by HTTPS, where TLS ends here", { headers: { host, origin: own }, encrypted: true }, undefined],
  [
    "W2: by plain HTTP, where the proxy had TLS",
    { headers: { host, origin: "http://sam.example.org", "x-forwarded-proto": "https" }, from: proxy },
    403,
  ],
  ["W2: with its port", { headers: { host: `${host}:8443`, origin: `${own}:8443` } }, undefined],
  ["W2: with another port", { headers: { host: `${host}:8443`, origin: own } }, 403],
  [
    "W2: of the proxy's name",
    { headers: { host: "10.1.1.1:80", "x-forwarded-host": host, origin: own }, from: proxy },
    undefined,
  ],
  [
    "W2: of a name that a stranger forwards",
    { headers: { host: "10.1.1.1", "x-forwarded-host": host, origin: own } },
    403,
  ],
  ["W2: a listed one", { headers: { host, origin: "https://app.example.org" } }, undefined],
  ["W2: another", { headers: { host, origin: "https://attacker.example" } }, 403],
  ["W2: another, that reads", { headers: { host, origin: "https://attacker.example" }, method: "GET" }, 403],
  ["W2: none that has a name", { headers: { host, origin: "null" } }, 403],
  ["W2: another, at what is no API", { headers: { host, origin: "https://attacker.example" }, path: "/" }, 403],
  [
    "W2: another, that only reads the page",
    { headers: { host, origin: "https://attacker.example" }, method: "GET", path: "/" },
    undefined,
  ],
  ["W3: an image of another site", { headers: { host, "sec-fetch-site": "cross-site" }, method: "GET" }, 403],
  ["W3: of a neighbour", { headers: { host, "sec-fetch-site": "same-site" }, method: "GET" }, 403],
  ["W3: of the page", { headers: { host, "sec-fetch-site": "same-origin" }, method: "GET" }, undefined],
  ["W3: an address that was typed", { headers: { host, "sec-fetch-site": "none" }, method: "GET" }, undefined],
  [
    "W3: a link to the page",
    { headers: { host, "sec-fetch-site": "cross-site" }, method: "GET", path: "/" },
    undefined,
  ],
])("%s", (_name, row, status) => {
  expect(statusOf(row)).toBe(status);
});

it("W1, W2: says what to set, of a stranger's name only so much, and to the log once of each", () => {
  const logger = fakeLogger();
  const one = new BrowserRules({ origins: [], publicHosts: [], host: "127.0.0.1", trustedProxies: [], logger });
  const ask = (headers: Record<string, string>) =>
    one.refusalOf({ headers, method: "GET", socket: {} }, "/v1/ws")?.error.message;
  const long = `${"a".repeat(5000)}.example`;
  expect(ask({ host: long })).toMatch(/MASKWIRE_PUBLIC_HOSTS\.$/);
  expect(ask({ host: long })?.length).toBeLessThan(300);
  expect(ask({ host: "localhost", origin: `https://${long}` })).toMatch(/MASKWIRE_ORIGINS\.$/);
  expect(ask({ host: "localhost", origin: `https://${long}` })?.length).toBeLessThan(300);
  expect(logger.lines.filter(({ level }) => level === 40).map(({ status }) => status)).toEqual([421, 403]);
});
