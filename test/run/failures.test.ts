import { describe, expect, it } from "vitest";
import { messageOf } from "./failures.js";

describe("a failure's message", () => {
  it("is what was thrown, what differs and where in our code, without colours", () => {
    const message = messageOf({
      name: "AssertionError",
      message: "expected \u001b[32m1\u001b[39m to be 2",
      diff: "\u001b[31m- Expected\u001b[39m\n\n+ 1",
      stack: [
        "AssertionError: expected 1 to be 2",
        "    at expectOne (/project/dist/test/one.js:3:4)",
        "    at runTest (file:///project/node_modules/@vitest/runner/dist/index.js:1:2)",
        "    at node:internal/process/task_queues:1:2",
        "    at /project/dist/test/one.test.js:9:8",
      ].join("\n"),
    });
    expect(message).toEqual([
      "AssertionError: expected 1 to be 2",
      "- Expected",
      "+ 1",
      "    at expectOne (/project/dist/test/one.js:3:4)",
      "    at /project/dist/test/one.test.js:9:8",
    ]);
  });

  it("needs neither a name nor a stack", () => {
    expect(messageOf({ message: "gone\n" })).toEqual(["gone"]);
  });
});
