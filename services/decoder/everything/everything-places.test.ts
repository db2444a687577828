import { expect, it } from "vitest";
import { Admission } from "../../inference/admission.js";
import { Code } from "../../runtime/errors.js";
import { alwaysOpen } from "../../runtime/overload/doorkeeper.js";
import { EverythingPlaces } from "./everything-places.js";

function open(maxQueue: number, workers: number) {
  const limits: string[] = [];
  const admission = new Admission(alwaysOpen);
  const onLimit = (limit: string) => limits.push(limit);
  return { places: new EverythingPlaces({ admission, maxQueue, workers, onLimit }), admission, limits };
}

const refused = (message: RegExp) =>
  expect.objectContaining({
    code: Code.RESOURCE_EXHAUSTED,
    retryAfterMs: 10_000,
    message: expect.stringMatching(message),
  });

it("E9: lets in as many pictures as fill half of the queue, and one where that is less", () => {
  for (const [maxQueue, workers, count] of [
    [16, 2, 4],
    [1, 4, 1],
  ] as const) {
    const { places, limits } = open(maxQueue, workers);
    const leave = Array.from({ length: count }, (_, at) => places.enter({ caller: `caller ${at}` }));
    expect(() => places.enter({ caller: "one more" })).toThrow(refused(/^Too many pictures/));
    expect(limits).toEqual(["everything"]);
    leave[0]?.();
    places.enter({ caller: "one more" });
  }
});

it("E9: leaves places to others than who has the most", () => {
  const { places, limits } = open(16, 2);
  for (let at = 0; at < 3; at++) places.enter({ caller: "greedy" });
  expect(() => places.enter({ caller: "greedy" })).toThrow(refused(/^You have 3 pictures/));
  expect(limits).toEqual(["everything_share"]);
  places.enter({ caller: "another" });
});

it("E9: leaves places to other tenants than the one that has the most, whoever of it asks", () => {
  const { places } = open(16, 2);
  for (let at = 0; at < 3; at++) places.enter({ caller: `${at}`, tenant: "acme" });
  expect(() => places.enter({ caller: "another", tenant: "acme" })).toThrow(refused(/^Your tenant has 3 pictures/));
  places.enter({ caller: "another", tenant: "umbrella" });
});

it("lets nobody in once the decoder drains", () => {
  const { places, admission } = open(16, 2);
  admission.end();
  expect(() => places.enter({ caller: "one" })).toThrow(expect.objectContaining({ code: Code.UNAVAILABLE }));
});
