import { SegmentEverythingRequestSchema, SegmentRequestSchema } from "../../../proto/index.js";
import type { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { mutateBytes, pick } from "../wire/mutate-bytes.js";
import { oddJson } from "../wire/odd-json.js";
import { exchange, head, post, tellHttp } from "../wire/raw-http.js";

const paths = [
  "/",
  "/v1/images",
  "/v1/segment",
  "/v1/everything",
  "/v1/cutout?point=1,&box=%ff",
  "/v1/ws",
  "/v1/models/default/decoder",
  "/v1/pictures?url=http://127.0.0.1/",
  "/v1/images/sha256:00",
  `/v1/images/sha256:${"0".repeat(64)}/embedding`,
  "/..%2f..%2fetc/passwd",
  "/%00",
  "/%",
  "//",
  "/v1/models/..%2f/decoder",
  "/v1/images/%E0%A4%A",
  `/${"a".repeat(9000)}`,
  "/index.html?x=%ff",
  "/v1/images?id=x&priority=now&model=%00",
];

/** Requests that break HTTP/1.1, or that two servers in a row could read differently (RFC 9112, sections 5 to 7, 11). */
function malformed(random: Random): string {
  const path = pick(random, paths);
  const body = '{"imageId":"x"}';
  return pick(random, [
    `GET ${path} HTTP/1.1\r\n\r\n`,
    `GET ${path}\r\n\r\n`,
    `GET ${path} HTTP/9.9\r\nHost: localhost\r\n\r\n`,
    `\r\n\r\nGET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `BREW ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nHost: 127.0.0.1\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\n x: folded\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost : a\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${"x: y\r\n".repeat(3000)}\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${body}`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n${body}`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n${body}`,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nExpect: 200-ok\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=${"b".repeat(200)}\r\nContent-Length: 4\r\n\r\nbody`,
    `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data\r\nContent-Length: 4\r\n\r\nbody`,
    `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${"x/".repeat(50)}\r\nContent-Length: 4\r\n\r\nbody`,
    `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody`,
    `${head("GET", path)}`.repeat(50),
    `GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    `GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n\r\n`,
    `CONNECT example.org:80 HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n`,
  ]);
}

export const fuzzRequests: Attack = {
  name: "fuzz-requests",
  title: "HTTP requests with malformed lines, headers, lengths and chunks, and bodies of mutated JSON",
  setting: "single",
  unit: "requests",
  count: 20_000,
  short: 500,
  async run({ gateway, from }, random, tally) {
    await inParallel(8, tally, async () => {
      tally.try();
      tellHttp(await exchange(gateway, from, request(random), { lingerMs: 1500 }), tally);
    });
  },
};

function request(random: Random): Iterable<string | Uint8Array> {
  switch (random.below(4)) {
    case 0:
      return [malformed(random)];
    case 1:
      return [mutateBytes(Buffer.from(malformed(random)), random, 3)];
    case 2:
      return post("/v1/segment", oddJson(SegmentRequestSchema, random));
    default:
      return post("/v1/everything", oddJson(SegmentEverythingRequestSchema, random));
  }
}
