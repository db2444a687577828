import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  AddPictureHeaderSchema,
  GetPictureRequestSchema,
  GetStatisticsRequestSchema,
  ListObjectsRequestSchema,
  ListPicturesRequestSchema,
  PictureState,
} from "../../../proto/index.js";
import { Code } from "../../../services/runtime/errors.js";
import { putPathFields, queryMessage } from "./query-message.js";

it("M2: parameters are fields, by either of their names, numbers, flags, words and lists", () => {
  const query = {
    page_size: "20",
    version: "3",
    page: "next",
    "filter.labels": ["3", "4"],
    "filter.splits": "train",
    "filter.states": "PICTURE_STATE_DONE",
    "filter.objectStates": ["OBJECT_STATE_PROPOSED"],
    "filter.empty": "true",
    "filter.name": "a.b",
  };
  expect(queryMessage(ListPicturesRequestSchema, query)).toMatchObject({
    pageSize: 20,
    version: 3,
    page: "next",
    filter: { labels: [3, 4], splits: ["train"], states: [PictureState.DONE], empty: true, name: "a.b" },
  });
  expect(queryMessage(ListObjectsRequestSchema, { pictures: ["18446744073709551615", "1"] }).pictures).toEqual([
    2n ** 64n - 1n,
    1n,
  ]);
  expect(queryMessage(GetStatisticsRequestSchema, { since: "2026-11-30T10:00:00Z" }).since?.seconds).toBe(1796032800n);
});

it("M3: entries of a map come by their keys, whatever these are", () => {
  const query = { name: "a.jpg", "attributes[weather]": "rain", "attributes[a.b[c]]": "" };
  const { name, attributes } = queryMessage(AddPictureHeaderSchema, query);
  expect(name).toBe("a.jpg");
  expect(Object.entries(attributes)).toEqual([
    ["weather", "rain"],
    ["a.b[c]", ""],
  ]);
  for (const odd of ["attributes", "attributes.weather", "attributes[__proto__]", "name[x]", "colours[x]"]) {
    expect(() => queryMessage(AddPictureHeaderSchema, { [odd]: "rain" }), odd).toThrow(/no parameter/);
  }
  expect(() => queryMessage(AddPictureHeaderSchema, { "attributes[a]": ["b", "c"] })).toThrow(/more than once/);
});

it.each<[Record<string, string | string[]>, RegExp]>([
  [{ colour: "red" }, /no parameter "colour"/],
  [{ __proto__x: "1" }, /no parameter/],
  [{ constructor: "1" }, /no parameter/],
  [{ filter: "a" }, /no parameter "filter"/],
  [{ "filter.labels.x": "1" }, /no parameter/],
  [{ "filter.": "1" }, /no parameter/],
  [{ "page.x": "1" }, /no parameter/],
  [{ page: ["a", "b"] }, /page is there more than once/],
  [{ pageSize: "many" }, /page_size/],
  [{ pageSize: "-1" }, /page_size/],
  [{ "filter.empty": "yes" }, /filter.empty is true or false; "yes" is neither/],
  [{ "filter.states": "DONE" }, /PictureState/],
])("M2: %j is refused", (query, sentence) => {
  expect(() => queryMessage(ListPicturesRequestSchema, query)).toThrow(
    expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(sentence) }),
  );
});

it("M2: what the path names is text or a whole number", () => {
  const message = create(GetPictureRequestSchema, { dataset: "other", picture: 7n });
  putPathFields(GetPictureRequestSchema, message, { dataset: "birds", picture: "12" });
  expect(message).toMatchObject({ dataset: "birds", picture: 12n });
  for (const picture of ["", "x", "-1", "1.5", "18446744073709551616", "1".repeat(400)]) {
    expect(() => putPathFields(GetPictureRequestSchema, message, { picture }), picture).toThrow(/no whole number/);
  }
});
