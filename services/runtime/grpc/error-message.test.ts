import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/index.js";
import { Code, ServiceError } from "../errors.js";
import { fromErrorMessage, toErrorMessage } from "./error-message.js";

const names = (all: object) => Object.keys(all).filter((name) => Number.isNaN(Number(name)));
const contract = names(ErrorCode).filter((name) => name !== "UNSPECIFIED") as (keyof typeof ErrorCode &
  keyof typeof Code)[];

describe("an error as a message", () => {
  it.each(contract)("is %s on both sides, with the same number", (name) => {
    const message = toErrorMessage(
      new ServiceError({ code: Code[name], message: "No.", retryAfterMs: 7, reason: "CACHE_LOST" }),
    );
    expect(message).toEqual({ code: ErrorCode[name], message: "No.", retryAfterMs: 7, reason: "CACHE_LOST" });
    expect(Number(message.code)).toBe(Code[name]);
    expect(fromErrorMessage(message)).toMatchObject({
      code: Code[name],
      message: "No.",
      retryAfterMs: 7,
      reason: "CACHE_LOST",
    });
  });

  it("has a word of the contract's for each of gRPC's codes", () => {
    for (const name of names(Code) as (keyof typeof Code)[]) {
      const { code } = toErrorMessage(new ServiceError({ code: Code[name], message: "No." }));
      expect(contract).toContain(ErrorCode[code]);
    }
  });

  it("leaves out what is not there, and takes what another release may say", () => {
    const message = toErrorMessage(new ServiceError({ code: Code.NOT_FOUND, message: "No." }));
    expect(message).toEqual({ code: ErrorCode.NOT_FOUND, message: "No.", reason: "" });
    expect(fromErrorMessage(message)).toMatchObject({ retryAfterMs: undefined, reason: undefined });
    expect(fromErrorMessage({ ...message, code: 99 as ErrorCode }).code).toBe(Code.UNKNOWN);
  });

  it("keeps a bug inside", () => {
    const { code, message } = toErrorMessage(new TypeError("secret"));
    expect([code, message]).toEqual([ErrorCode.INTERNAL, expect.not.stringContaining("secret")]);
  });
});
