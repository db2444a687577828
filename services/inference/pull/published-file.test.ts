import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Agent } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Authority } from "../../runtime/testing/authority.js";
import { publishedFile } from "./published-file.js";

const sha256 = "ab".repeat(32);
const commit = "cd".repeat(20);
const authority = new Authority();
const issued = authority.issue("localhost");
/** As Hugging Face answers for a large file: on to where it lies, with what it is. */
const server = createServer(
  { cert: readFileSync(issued.cert), key: readFileSync(issued.key) },
  ({ url = "" }, response) => {
    const headers = url.startsWith("/plain")
      ? {}
      : { "x-linked-etag": `"${sha256}"`, "x-linked-size": "123", "x-repo-commit": commit };
    response.writeHead(302, { ...headers, location: "https://elsewhere.invalid/x" }).end();
  },
);
const dispatcher = new Agent({ connect: { ca: authority.pem } });
let host: string;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await dispatcher.close();
  server.closeAllConnections();
  server.close();
  authority[Symbol.dispose]();
});

it("has the digest and the size that its host publishes, and is of one commit from then on", async () => {
  expect(await publishedFile(`${host}/some/model/resolve/main/onnx/encoder.onnx`, dispatcher)).toEqual({
    source: `${host}/some/model/resolve/${commit}/onnx/encoder.onnx`,
    sha256,
    bytes: 123,
  });
});

it("is not believed to be anything where the host says nothing", async () => {
  await expect(publishedFile(`${host}/plain/encoder.onnx`, dispatcher)).rejects.toThrow(
    /does not say which SHA-256 \/plain\/encoder\.onnx has\. Fetch it by hand/,
  );
});
