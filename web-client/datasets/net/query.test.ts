import { create, toJson } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ListPicturesRequestSchema, ObjectState } from "../../../proto/index.js";
import { queryOf } from "./query.js";

it.each([
  ["nothing", {}, ""],
  ["a number", { pageSize: 24 }, "?pageSize=24"],
  ["a message in it", { filter: { name: "a b" } }, "?filter.name=a+b"],
  ["what is repeated", { filter: { splits: ["train", "val"] } }, "?filter.splits=train&filter.splits=val"],
  [
    "names of enums",
    { filter: { objectStates: [ObjectState.REJECTED] } },
    "?filter.objectStates=OBJECT_STATE_REJECTED",
  ],
])("says %s", (_, init, query) => {
  expect(queryOf(toJson(ListPicturesRequestSchema, create(ListPicturesRequestSchema, init)))).toBe(query);
});
