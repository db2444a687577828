import { Metadata, type ServiceError as RpcError } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { Code, describeError, invalidArgument, isAbort, isInternal, overloaded, ServiceError } from "./errors.js";
import { fromRpcError, toStatus } from "./grpc/status.js";

const rpcError = (code: Code, details: string, trailers: Record<string, string> = {}): RpcError => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata });
};

describe("what a peer is told", () => {
  it.each([
    [
      "a service error as it is",
      overloaded("Full.", 5),
      { code: Code.RESOURCE_EXHAUSTED, message: "Full.", retryAfterMs: 5 },
    ],
    [
      "its reason",
      invalidArgument("No.", "DAMAGED_IMAGE"),
      { code: Code.INVALID_ARGUMENT, message: "No.", reason: "DAMAGED_IMAGE" },
    ],
    [
      "an abort as cancelled",
      AbortSignal.abort().reason,
      { code: Code.CANCELLED, message: "The request was cancelled." },
    ],
  ])("%s", (_name, error, expected) => {
    expect(describeError(error)).toEqual(expected);
    expect(isInternal(error)).toBe(false);
  });

  it.each([
    ["\u{1f98a}".repeat(5000), /^(\u{1f98a}){249}.?\u2026$/u],
    [`x${"\u{1f98a}".repeat(5000)}`, /^x(\u{1f98a}){249}\u2026$/u],
    ["half \ud83e of one", /^half \ufffd of one$/],
  ])("no more than a sentence, in whole characters", (message, expected) => {
    for (const told of [
      describeError(invalidArgument(message)).message,
      toStatus(invalidArgument(message)).details ?? "",
    ]) {
      expect(told).toMatch(expected);
      expect(told.length).toBeLessThanOrEqual(500);
      // As grpc-js writes it into a trailer; half a character would end the process there.
      expect(encodeURI(told).length).toBeLessThan(8192);
    }
  });

  it.each([Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS])(
    "nothing of what libraries say of a fault inside (%i)",
    (code) => {
      const error = fromRpcError(rpcError(code, "Response message parsing error: Offset is outside the bounds"));
      expect(error).toMatchObject({ code, message: expect.not.stringContaining("bounds") });
    },
  );

  it.each([[new Error("secret")], ["secret"], [undefined], [null], [{ code: 3, message: "secret" }]])(
    "nothing of an error that is ours (%o)",
    (error) => {
      expect(describeError(error)).toEqual({ code: Code.INTERNAL, message: expect.not.stringContaining("secret") });
      expect(isInternal(error)).toBe(true);
    },
  );

  it("keeps the cause for the log", () => {
    const cause = new Error("disk");
    expect(new ServiceError({ code: Code.UNAVAILABLE, message: "Gone.", cause }).cause).toBe(cause);
  });

  it("knows an abort by its name", () => {
    expect(isAbort(AbortSignal.abort().reason)).toBe(true);
    expect(isAbort(new Error("AbortError"))).toBe(false);
  });
});

it("says itself whether another try may help", () => {
  expect(new ServiceError({ code: Code.UNAVAILABLE, message: "" }).shouldRetry()).toBe(true);
  for (const reason of ["CACHE_LOST", "DATABASE_LOST", "FILES_LOST"] as const) {
    expect(new ServiceError({ code: Code.UNAVAILABLE, message: "", reason }).shouldRetry()).toBe(false);
  }
  for (const code of [
    Code.RESOURCE_EXHAUSTED,
    Code.ABORTED,
    Code.ALREADY_EXISTS,
    Code.CANCELLED,
    Code.INTERNAL,
    Code.NOT_FOUND,
    Code.DEADLINE_EXCEEDED,
  ]) {
    expect(new ServiceError({ code, message: "" }).shouldRetry()).toBe(false);
  }
});

describe("as a gRPC status", () => {
  it.each([
    overloaded("Full.", 0),
    overloaded("Full.", 1500),
    invalidArgument("No.", "UNSUPPORTED_IMAGE"),
    new ServiceError({ code: Code.UNAVAILABLE, message: "The service is stopping.", retryAfterMs: 1000 }),
  ])("comes back the same ($message)", (error) => {
    const { code, details, metadata } = toStatus(error);
    const back = fromRpcError(
      Object.assign(new Error(), { code, details: details ?? "", metadata: metadata ?? new Metadata() }),
    );
    expect(describeError(back)).toEqual(describeError(error));
  });

  it.each([
    ["is lost: unreachable", rpcError(Code.UNAVAILABLE, "connect ECONNREFUSED 10.0.0.7:1"), false, Code.UNAVAILABLE],
    ["is lost: reset by its server", rpcError(Code.CANCELLED, "Call cancelled"), false, Code.UNAVAILABLE],
    ["is cancelled by us", rpcError(Code.CANCELLED, "Cancelled on client"), true, Code.CANCELLED],
    ["is late", rpcError(Code.DEADLINE_EXCEEDED, "after 1s, 10.0.0.7:1"), false, Code.DEADLINE_EXCEEDED],
  ])("a peer that %s", (_name, error, isOurs, code) => {
    const found = fromRpcError(error, isOurs);
    expect(found.code).toBe(code);
    expect(found.message).not.toContain("10.0.0.7");
    expect(found.cause === error || code === Code.CANCELLED).toBe(true);
  });

  it("ignores a hint that is no number", () => {
    const error = rpcError(Code.RESOURCE_EXHAUSTED, "Full.", { "grpc-retry-pushback-ms": "soon" });
    expect(fromRpcError(error).retryAfterMs).toBeUndefined();
  });
});
