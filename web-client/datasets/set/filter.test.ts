import { describe, expect, it } from "vitest";
import { ObjectState, PictureState } from "../../../proto/index.js";
import { type Filter, filterIn, isFiltering, messageOf, noFilter, queryOfFilter } from "./filter.js";

const full: Filter = {
  name: "a b",
  label: 3,
  state: ObjectState.TO_REVIEW,
  picture: PictureState.DONE,
  person: "Ann",
  split: "val",
  isEmpty: true,
  sequence: 12n,
};

describe("a filter in an address", () => {
  it.each([
    ["none", noFilter, ""],
    ["all of it", full, "name=a+b&label=3&state=to_review&is=done&person=Ann&split=val&empty=yes&sequence=12"],
  ])("comes back as it was: %s", (_, filter, query) => {
    expect(queryOfFilter(filter).toString()).toBe(query);
    expect(filterIn(new URLSearchParams(query))).toEqual(filter);
    expect(isFiltering(filter)).toBe(query !== "");
  });

  it.each(["label=-1", "label=x", "state=other", "is=", "empty=no", "sequence=x", "new=field"])(
    "asks nothing by %s",
    (query) => {
      expect(filterIn(new URLSearchParams(query))).toEqual(noFilter);
    },
  );
});

it("is said to the service", () => {
  expect(messageOf(noFilter)).toMatchObject({ labels: [], splits: [], people: [], objectStates: [], states: [] });
  expect(messageOf(full)).toMatchObject({
    name: "a b",
    labels: [3],
    objectStates: [ObjectState.TO_REVIEW],
    states: [PictureState.DONE],
    people: ["Ann"],
    splits: ["val"],
    empty: true,
    sequence: 12n,
  });
});
