import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { S3Files } from "./s3-files.js";
import { openS3Prefix } from "./s3-prefix.js";
import { fileStoreContract } from "./testing/file-store-contract.js";
import { startObjectStore, type TestObjectStore, useTestCredentials } from "./testing/object-store.js";

let restore: () => void;
beforeAll(() => {
  restore = useTestCredentials();
});
afterAll(() => restore());

describe("an object store", () => {
  let objects: TestObjectStore;
  beforeAll(async () => {
    objects = await startObjectStore();
  });
  afterAll(() => objects[Symbol.asyncDispose]());

  fileStoreContract(() => new S3Files(objects.place));

  it("keeps what is under one prefix from what is under another", async () => {
    await using ours = new S3Files({ ...objects.place, prefix: "one/" });
    await using theirs = new S3Files({ ...objects.place, prefix: "two/" });
    await ours.put("a", [Buffer.from("a")]);
    expect(await theirs.bytesOf("a")).toBeUndefined();
    const keys: string[] = [];
    for await (const key of theirs.list("")) keys.push(key);
    expect(keys).toEqual([]);
  });

  it("lists no more of somebody's prefix than it keeps the names of", async () => {
    await using files = new S3Files({ ...objects.place, prefix: "many/" });
    for (const name of ["a", "b", "c"]) await files.put(name, [Buffer.from(name)]);
    const place = { ...objects.place, prefix: "many/" };
    await using opened = await openS3Prefix(place, 3);
    expect(opened.files.map(({ path }) => path)).toEqual(["a", "b", "c"]);
    await expect(openS3Prefix(place, 2)).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringContaining("More than 2 files"),
    });
  });

  it("says in a sentence that there is no such bucket", async () => {
    await using files = new S3Files({ ...objects.place, bucket: "nowhere" });
    await expect(files.put("a", [Buffer.from("a")])).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      message: expect.stringMatching(/bucket nowhere \(NoSuchBucket\)/),
    });
    await expect(files.get("a").next()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });
});

describe("an object store that misbehaves", () => {
  let server: Server;
  let answer: RequestListener;
  let asked: string[];
  let files: S3Files;
  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.headers.range ?? ""}`.trim());
      answer(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    files = new S3Files({ bucket: "pictures", prefix: "", endpoint: `http://127.0.0.1:${port}`, region: "x" });
  });
  afterEach(async () => {
    await files[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  });

  const fault =
    (status: number, code: string): RequestListener =>
    (request, response) => {
      request.resume().on("end", () => {
        response.writeHead(status, { "content-type": "application/xml" });
        response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
      });
    };

  it.each([
    [403, "AccessDenied", Code.UNAVAILABLE, /refuses .* pictures \(AccessDenied\)/],
    [403, "SignatureDoesNotMatch", Code.UNAVAILABLE, /SignatureDoesNotMatch/],
    [403, "QuotaExceeded", Code.RESOURCE_EXHAUSTED, /no room left in the bucket pictures/],
    [507, "InsufficientStorage", Code.RESOURCE_EXHAUSTED, /no room left/],
  ])("is described where it says %i %s", async (status, code, expected, message) => {
    answer = fault(status, code);
    await expect(files.put("a", [Buffer.from("a")])).rejects.toMatchObject({
      code: expected,
      message: expect.stringMatching(message),
    });
  });

  it("is asked again when it is overloaded", async () => {
    answer = (request, response) => {
      if (asked.length < 3) return fault(503, "SlowDown")(request, response);
      request.resume().on("end", () => response.writeHead(200, { etag: '"x"' }).end());
    };
    expect(await files.put("a", [Buffer.from("abc")])).toBe(3);
    expect(asked).toEqual(["PUT", "PUT", "PUT"]);
  });

  it("is read on where its connection broke off, and no byte comes twice", async () => {
    answer = (request, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const rest = "0123456789".slice(from);
      response.writeHead(from > 0 ? 206 : 200, { "content-length": rest.length });
      response.write(rest.slice(0, 4), () => (rest.length > 4 ? response.destroy() : response.end()));
    };
    const chunks: Uint8Array[] = [];
    for await (const chunk of files.get("a")) chunks.push(chunk);
    expect(String(Buffer.concat(chunks))).toBe("0123456789");
    expect(asked).toEqual(["GET", "GET bytes=4-", "GET bytes=8-"]);
  });

  it("is given up when it is not there", async () => {
    answer = fault(403, "AccessDenied");
    server.close();
    server.closeAllConnections();
    await expect(files.bytesOf("a")).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      message: expect.stringMatching(/does not answer \(ECONNREFUSED\)/),
    });
  });
});
