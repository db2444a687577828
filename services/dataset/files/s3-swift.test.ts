import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { openS3 } from "./s3-connection.js";
import { S3Files } from "./s3-files.js";
import { openS3Prefix } from "./s3-prefix.js";
import { fileStoreContract } from "./testing/file-store-contract.js";
import { useTestCredentials } from "./testing/object-store.js";
import { findSwift, SwiftServer, swiftCredentials } from "./testing/swift-server.js";

const root = findSwift();

/* Another S3 than Amazon's and than the one of the other tests: it checks signatures, and lists a page at a time. */
describe.skipIf(root === undefined)("OpenStack Swift (needs its packages: see CONTRIBUTING.md)", () => {
  let swift: SwiftServer | undefined;
  const place = (bucket: string, prefix = "") => (swift as SwiftServer).place(bucket, prefix);
  let restore: () => void;
  beforeAll(async () => {
    restore = useTestCredentials(swiftCredentials);
    swift = await SwiftServer.start(root ?? "");
    const client = openS3(place("pictures"));
    await client.send(new CreateBucketCommand({ Bucket: "pictures" }));
    client.destroy();
  }, 300_000);
  afterAll(async () => {
    restore();
    await swift?.[Symbol.asyncDispose]();
  });

  fileStoreContract(() => new S3Files(place("pictures", "ours/")));

  it("lists what takes more than a page, each once", async () => {
    await using files = new S3Files(place("pictures", "many/"));
    const names = Array.from({ length: 1050 }, (_, at) => `a/${String(at).padStart(4, "0")}`);
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((name) => files.put(name, [Buffer.from(name)])));
    }
    const found: string[] = [];
    for await (const key of files.list("a/")) found.push(key);
    expect(found).toEqual(names);
    await using opened = await openS3Prefix(place("pictures", "many/"), 2000);
    expect(opened.files.length).toBe(names.length);
  }, 120_000);

  it("refuses who has the wrong secret, and a bucket that is not there, in a sentence", async () => {
    await using nowhere = new S3Files(place("nowhere"));
    await expect(nowhere.put("a", [Buffer.from("a")])).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      message: expect.stringContaining("NoSuchBucket"),
    });
    const putBack = useTestCredentials({ ...swiftCredentials, secretAccessKey: "guessed" });
    try {
      await using stranger = new S3Files(place("pictures", "ours/"));
      const refused = { code: Code.UNAVAILABLE, message: expect.stringContaining("SignatureDoesNotMatch") };
      await expect(stranger.put("a", [Buffer.from("a")])).rejects.toMatchObject(refused);
      await expect(stranger.get("a").next()).rejects.toMatchObject(refused);
      await expect(stranger.list("").next()).rejects.toMatchObject(refused);
    } finally {
      putBack();
    }
  });
});
