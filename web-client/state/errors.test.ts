import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/index.js";
import { failureOfAnswer } from "../sdk/upload/upload-lines.js";
import { failureOf, inWords } from "./errors.js";

describe("failureOf", () => {
  it.each([
    [ErrorCode.UNAVAILABLE, undefined, "wait"],
    [ErrorCode.CANCELLED, undefined, "wait"],
    [ErrorCode.DEADLINE_EXCEEDED, undefined, "wait"],
    [ErrorCode.RESOURCE_EXHAUSTED, 100, "wait"],
    [ErrorCode.RESOURCE_EXHAUSTED, undefined, "none"],
    [ErrorCode.INVALID_ARGUMENT, undefined, "none"],
    [ErrorCode.UNIMPLEMENTED, undefined, "none"],
    [ErrorCode.ALREADY_EXISTS, undefined, "none"],
    // Repeated as it is it would fail again, or undo what somebody else has done.
    [ErrorCode.ABORTED, undefined, "ask"],
    [ErrorCode.INTERNAL, undefined, "ask"],
    [ErrorCode.NOT_FOUND, undefined, "ask"],
    [ErrorCode.FAILED_PRECONDITION, undefined, "ask"],
  ])("code %i, hint %s: %s", (code, retryAfterMs, remedy) => {
    const error = { code, message: "", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    expect(failureOf(error)).toMatchObject({ remedy, retryAfterMs });
    expect(failureOf(error).message).toMatch(/^The service .*\.$|^Some(thing|body) .*\.$/);
  });

  it("has a sentence for whatever an upload was answered with", () => {
    for (const status of [0, 400, 408, 413, 415, 422, 429, 500, 503]) {
      expect(inWords(failureOfAnswer(status, "<html>", null)).message).toMatch(/^[A-Z].*\.$/);
    }
    expect(inWords(failureOfAnswer(408, "<html>", null)).message).toContain("too slow");
  });

  it("takes the service's own sentence", () => {
    expect(failureOf({ message: " the box has no area" }).message).toBe("The box has no area.");
  });
});
