import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ListPicturesRequestSchema, ObjectChangeSchema, SaveObjectsRequestSchema } from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import { checkLists } from "./check-lists.js";

const change = (attributes: Record<string, string>) =>
  create(ObjectChangeSchema, { key: "a", change: { case: "create", value: { attributes } } });
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, ""]));

it("M9: takes what is within its limits", () => {
  checkLists(ListPicturesRequestSchema, create(ListPicturesRequestSchema, { filter: { labels: Array(2000).fill(1) } }));
  checkLists(
    SaveObjectsRequestSchema,
    create(SaveObjectsRequestSchema, { changes: Array(500).fill(change(many(100))) }),
  );
});

it("M9: refuses a list or a map that is longer, wherever it is", () => {
  const refused = (sentence: string) => expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: sentence });
  const filtered = create(ListPicturesRequestSchema, { filter: { labels: Array(2001).fill(1) } });
  expect(() => checkLists(ListPicturesRequestSchema, filtered)).toThrow(
    refused("`labels` has more than 2000 entries."),
  );
  const changes = create(SaveObjectsRequestSchema, { changes: Array(501).fill(change({})) });
  expect(() => checkLists(SaveObjectsRequestSchema, changes)).toThrow(refused("`changes` has more than 500 entries."));
  const attributes = create(SaveObjectsRequestSchema, { changes: [change({}), change(many(101))] });
  expect(() => checkLists(SaveObjectsRequestSchema, attributes)).toThrow(
    refused("`attributes` has more than 100 entries."),
  );
});
