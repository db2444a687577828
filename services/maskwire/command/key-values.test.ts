import { describe, expect, it } from "vitest";
import { collectLimits, parseExpiry, parseScopes } from "./key-values.js";

it("scopes are some of those there are, each once", () => {
  expect(parseScopes("segment, upload,segment")).toEqual(["segment", "upload"]);
  for (const text of ["", "all", "segment,,upload", "Segment"])
    expect(() => parseScopes(text)).toThrow(/some of segment/);
});

describe("the end of a key", () => {
  const now = Date.UTC(2026, 0);

  it.each([
    ["90d", Date.UTC(2026, 3, 1)],
    ["12h", now + 12 * 3_600_000],
    ["30m", now + 30 * 60_000],
    ["2027-01-31", Date.UTC(2027, 0, 31)],
    ["2027-01-31T12:00Z", Date.UTC(2027, 0, 31, 12)],
    ["2027-01-31T12:00:00+02:00", Date.UTC(2027, 0, 31, 10)],
  ])("is %s", (text, time) => {
    expect(parseExpiry(text, now)).toBe(time);
  });

  it.each(["", "90", "1y", "-1d", "tomorrow", "2027-13-01", "2027-01-31T12:00", "1.5h", "9999999d"])(
    "is not %j",
    (text) => {
      expect(() => parseExpiry(text, now)).toThrow(/such as 90d/);
    },
  );

  it.each(["0d", "2025-12-31"])("lies ahead: not %s", (text) => {
    expect(() => parseExpiry(text, now)).toThrow(/over already/);
  });
});

it("limits have a name and a whole number, each once", () => {
  const first = collectLimits("sessions=10");
  expect(collectLimits("clicksPerMinute=600", first)).toEqual({ sessions: 10, clicksPerMinute: 600 });
  for (const text of [
    "",
    "sessions",
    "sessions=",
    "sessions=0",
    "sessions=1.5",
    "sessions=1=2",
    "visits=1",
    "toString=1",
  ]) {
    expect(() => collectLimits(text), text).toThrow(/such as sessions=10/);
  }
  expect(() => collectLimits("sessions=1", first)).toThrow(/only once/);
});
