import { expect, it } from "vitest";
import { parseObjectStoreUrl } from "./object-store-url.js";

const amazon = { endpoint: undefined, region: undefined };

it.each([
  ["s3://pictures", { bucket: "pictures", prefix: "", ...amazon }],
  ["s3://pictures/", { bucket: "pictures", prefix: "", ...amazon }],
  ["s3://pictures/mask/wire", { bucket: "pictures", prefix: "mask/wire/", ...amazon }],
  ["s3://pictures/a/?region=eu-west-1", { bucket: "pictures", prefix: "a/", endpoint: undefined, region: "eu-west-1" }],
  [
    "s3://my.bucket?endpoint=http://127.0.0.1:9000&region=x",
    { bucket: "my.bucket", prefix: "", endpoint: "http://127.0.0.1:9000", region: "x" },
  ],
])("reads %s", (text, expected) => {
  expect(parseObjectStoreUrl(text)).toEqual(expected);
});

it.each([
  "",
  "pictures",
  "https://pictures/",
  "s3://",
  "s3://A_b",
  "s3://key:secret@pictures",
  "s3://pictures/a//b",
  "s3://pictures/a b",
  "s3://pictures/#x",
  "s3://pictures?bucket=other",
  "s3://pictures?endpoint=nowhere",
  "s3://pictures?endpoint=file:///etc",
])("takes %j for no object store", (text) => {
  expect(parseObjectStoreUrl(text)).toBeUndefined();
});
