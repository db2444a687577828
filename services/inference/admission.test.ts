import { expect, it } from "vitest";
import { Code, overloaded } from "../runtime/errors.js";
import { Admission } from "./admission.js";

it("asks for work that overload may keep out, and takes none at all once it is over", () => {
  const asked: string[] = [];
  const admission = new Admission({
    check: (work) => {
      asked.push(work);
      if (work === "previews") throw overloaded("Too many.", 10);
    },
  });
  admission.check();
  admission.check("clicks");
  expect(() => admission.check("previews")).toThrow(expect.objectContaining({ code: Code.RESOURCE_EXHAUSTED }));
  expect(asked).toEqual(["clicks", "previews"]);
  admission.end();
  for (const work of [undefined, "clicks"] as const) {
    expect(() => admission.check(work)).toThrow(expect.objectContaining({ code: Code.UNAVAILABLE }));
  }
  expect(asked.length).toBe(2);
});
