import { expect, it } from "vitest";
import { partAt, placeOf } from "./places.js";

it.each([
  ["/datasets", undefined, undefined],
  ["/datasets/", undefined, undefined],
  ["/datasets/a%20b", "a b", undefined],
  ["/datasets/a/review", "a", "review"],
  ["/datasets/a/annotate?picture=3", "a", "annotate"],
  ["/datasets/a/other", "a", undefined],
])("knows the page at %s, wherever the service is", (path, dataset, part) => {
  for (const root of ["https://host/", "https://host/deep/down/"]) {
    const base = new URL(root);
    expect(partAt(new URL(`.${path}`, base), base)).toEqual({ dataset, part });
  }
});

it("leads back to itself", () => {
  const base = new URL("https://host/x/");
  const place = placeOf("a/b c", "annotate", { picture: "7" });
  expect(partAt(new URL(place, base), base)).toEqual({ dataset: "a/b c", part: "annotate" });
});
