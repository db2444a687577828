import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/index.js";
import { checkErrorMessage, checkHttpAnswer, checkRpcStatus, checkSentence, longestMessage } from "./answers.js";

const body = (code: string, message: string) => JSON.stringify({ error: { code, message } });

describe("what a stranger may be told", () => {
  it.each(["The prompt has no points.", "The picture has 9 x 9 pixels; at most 4 are taken. Send a smaller one."])(
    "a sentence of ours: %s",
    (message) => {
      expect(checkSentence(message)).toBeUndefined();
    },
  );

  it.each([
    "Maximum call stack size exceeded",
    "Offset is outside the bounds of the DataView",
    "Unexpected token '<', \"<html>\" is not valid JSON",
    'The value of "end" is out of range. It must be >= 0',
    "Cannot read properties of undefined (reading 'x')",
    "Input buffer has corrupt header: heif: Error",
    "ENOENT: no such file, open '/app/dist/site/x'",
    "failed\n    at Object.decode (file:///app/dist/x.js:1:1)",
    "x".repeat(longestMessage + 1),
    "",
  ])("nothing of the inside, and nothing long: %j", (message) => {
    expect(checkSentence(message)).toEqual(expect.any(String));
  });

  it("a known code, and never a failure of ours", () => {
    const message = "Try again.";
    expect(checkErrorMessage({ code: ErrorCode.RESOURCE_EXHAUSTED, message })).toBeUndefined();
    expect(checkErrorMessage({ code: ErrorCode.INTERNAL, message })).toContain("INTERNAL");
    expect(checkErrorMessage({ code: 77 as ErrorCode, message })).toContain("unknown code");
    expect(checkRpcStatus(3, message)).toBeUndefined();
    expect(checkRpcStatus(13, message)).toContain("INTERNAL");
    expect(checkRpcStatus(2, "TypeError: x")).toContain("inside");
  });

  it("over HTTP in the one form of an error", () => {
    expect(checkHttpAnswer(200, "anything")).toBeUndefined();
    expect(checkHttpAnswer(400, body("INVALID_ARGUMENT", "The body is empty."))).toBeUndefined();
    expect(checkHttpAnswer(400, body("NO_SUCH_CODE", "The body is empty."))).toContain("unknown code");
    expect(checkHttpAnswer(404, '{"statusCode":404,"message":"Route GET:/x not found"}')).toContain("without the form");
    expect(checkHttpAnswer(500, body("INTERNAL", "Something failed."))).toContain("500");
    expect(checkHttpAnswer(299, "")).toBeUndefined();
    expect(checkHttpAnswer(418, "")).toContain("unknown status");
  });
});
