import { expect, it } from "vitest";
import { uploadPath } from "./upload-path.js";

const imageId = `sha256:${"a".repeat(64)}`;

it.each([
  [{ imageId: undefined }, { drafts: "true" }],
  [{ imageId }, { id: imageId, drafts: "true" }],
  [
    { imageId, isAhead: true },
    { id: imageId, priority: "bulk" },
  ],
  [{ imageId: undefined, isAhead: true }, { priority: "bulk" }],
  [
    { imageId, model: "other" },
    { id: imageId, model: "other", drafts: "true" },
  ],
])("H8, H11, V9: %j is sent with %j", (terms, query) => {
  const { pathname, searchParams } = new URL(uploadPath(terms), "http://gateway/under/here/");
  expect(pathname).toBe("/under/here/v1/images");
  expect(Object.fromEntries(searchParams)).toEqual(query);
});
