import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/index.js";
import { failureOfAnswer, parseLine, splitLines } from "./upload-lines.js";

describe("splitLines", () => {
  it("gives whole lines once and keeps the rest", () => {
    const first = splitLines('{"a":1}\n{"b"', 0);
    expect(first).toEqual({ lines: ['{"a":1}'], next: 8 });
    expect(splitLines('{"a":1}\n{"b":2}\n', first.next)).toEqual({ lines: ['{"b":2}'], next: 16 });
    expect(splitLines('{"a":1}\n', 8)).toEqual({ lines: [], next: 8 });
  });
});

describe("parseLine", () => {
  it("reads the events of the contract", () => {
    expect(parseLine('{"queued":{"position":3,"etaMs":2500}}')).toMatchObject({
      kind: "event",
      event: { event: { case: "queued", value: { position: 3, etaMs: 2500 } } },
    });
    expect(parseLine('{"ready":{"image":{"imageId":"sha256:00","width":4,"height":3},"later":1}}')).toMatchObject({
      event: { event: { case: "ready", value: { image: { width: 4 } } } },
    });
  });

  it("reads errors, with the hint when there is one", () => {
    const message = "this picture is damaged";
    expect(parseLine(JSON.stringify({ error: { code: "INVALID_ARGUMENT", message } }))).toEqual({
      kind: "error",
      failure: { error: { code: ErrorCode.INVALID_ARGUMENT, message }, remedy: "none", retryAfterMs: undefined },
    });
    expect(parseLine('{"error":{"code":"RESOURCE_EXHAUSTED","message":"Busy.","retryAfterMs":700}}')).toMatchObject({
      failure: { remedy: "wait", retryAfterMs: 700 },
    });
    expect(parseLine('{"error":{"code":"NEW_CODE"}}')).toMatchObject({ failure: { remedy: "ask" } });
  });

  it("passes over what it does not know", () => {
    for (const line of ["", "nonsense", "[]", "null", '{"future":{}}', '{"queued":7}']) {
      expect(parseLine(line)).toBeUndefined();
    }
  });
});

describe("failureOfAnswer", () => {
  it("repeats what may pass, after the time the service names", () => {
    expect(failureOfAnswer(429, "", "3")).toMatchObject({ remedy: "wait", retryAfterMs: 3000 });
    const body = '{"error":{"code":"UNAVAILABLE","message":"x","retryAfterMs":40}}';
    expect(failureOfAnswer(503, body, "3")).toMatchObject({ remedy: "wait", retryAfterMs: 40 });
    expect(failureOfAnswer(0, "", null)).toMatchObject({ remedy: "wait" });
  });

  it("asks before it sends again what was too slow, and says so whoever gave it up", () => {
    const body = '{"error":{"code":"DEADLINE_EXCEEDED","reason":"UPLOAD_TOO_SLOW","message":"it all but stopped"}}';
    expect(failureOfAnswer(408, body, null)).toMatchObject({ remedy: "ask", error: { message: "it all but stopped" } });
    expect(parseLine(body)).toMatchObject({ failure: { remedy: "ask" } });
    expect(failureOfAnswer(408, "<html>", null)).toMatchObject({
      remedy: "ask",
      error: { reason: "UPLOAD_TOO_SLOW" },
    });
    expect(parseLine('{"error":{"code":"DEADLINE_EXCEEDED","message":"x"}}')).toMatchObject({
      failure: { remedy: "wait" },
    });
  });

  it("does not repeat what cannot help, and asks where it does not know", () => {
    for (const status of [413, 415]) expect(failureOfAnswer(status, "", null).remedy).toBe("none");
    for (const status of [404, 500]) expect(failureOfAnswer(status, "<html>", null).remedy).toBe("ask");
  });

  it("has a reason for every status", () => {
    for (const status of [0, 400, 408, 413, 415, 422, 429, 500, 503]) {
      expect(failureOfAnswer(status, "<html>", null).error.reason).toMatch(/^[A-Z_]+$/);
    }
  });
});
