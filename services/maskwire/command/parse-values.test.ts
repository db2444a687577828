import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { DetailMode } from "../../../proto/index.js";
import {
  collectPoints,
  numberedPath,
  once,
  parseBox,
  parseCount,
  parseDetail,
  parseGatewayUrl,
  parsePngPath,
  parsePoint,
} from "./parse-values.js";

describe("parsePoint", () => {
  it.each([
    ["500,375", { x: 500, y: 375 }],
    [" 1.5 , 2 ", { x: 1.5, y: 2 }],
    ["-3,0", { x: -3, y: 0 }],
  ])("reads %j", (text, point) => {
    expect(parsePoint(text)).toEqual(point);
  });

  it.each(["", "5", "5,", ",5", "5,6,7", "a,b", "5;6", "NaN,1", "Infinity,1", "1 2,3"])("refuses %j", (text) => {
    expect(() => parsePoint(text)).toThrow(InvalidArgumentError);
    expect(() => parsePoint(text)).toThrow("X,Y in pixels");
  });
});

it("collects points in their order", () => {
  expect(collectPoints("3,4", collectPoints("1,2", []))).toEqual([
    { x: 1, y: 2 },
    { x: 3, y: 4 },
  ]);
});

describe("parseBox", () => {
  it("reads two corners", () => {
    expect(parseBox("10,20,300,400", undefined)).toEqual({ x0: 10, y0: 20, x1: 300, y1: 400 });
  });

  it.each(["10,20,300", "10,20,300,400,5", "10,20,300,x"])("refuses %j", (text) => {
    expect(() => parseBox(text, undefined)).toThrow(/X0,Y0,X1,Y1/);
  });

  it("refuses a second box", () => {
    expect(() => parseBox("1,2,3,4", { x0: 0, y0: 0, x1: 1, y1: 1 })).toThrow("one box only");
  });
});

it("reads whether masks are made finer", () => {
  expect(["auto", "always", "off"].map((text) => parseDetail(text))).toEqual([
    DetailMode.AUTO,
    DetailMode.ALWAYS,
    DetailMode.OFF,
  ]);
  for (const text of ["", "AUTO", "toString"]) expect(() => parseDetail(text)).toThrow("auto, always, off");
});

describe("parseGatewayUrl", () => {
  it.each([
    ["http://localhost:8080", "http://localhost:8080"],
    ["http://localhost:8080/", "http://localhost:8080"],
    ["https://example.org/maskwire/", "https://example.org/maskwire"],
    ["https://ada:se%40cret@example.org/x/", "https://ada:se%40cret@example.org/x"],
    ["http://ada@[::1]:8080", "http://ada@[::1]:8080"],
    ["", ""],
  ])("reads %j", (text, url) => {
    expect(parseGatewayUrl(text)).toBe(url);
  });

  it.each(["localhost:8080", "8080", "ftp://example.org", "http://"])("refuses %j", (text) => {
    expect(() => parseGatewayUrl(text)).toThrow("http://localhost:8080");
  });
});

describe("parseGatewayUrl, of what would be dropped", () => {
  it.each(["http://localhost:8080/?model=x", "http://localhost:8080/?", "http://localhost:8080/#top"])(
    "refuses %j",
    (text) => {
      expect(() => parseGatewayUrl(text)).toThrow("no ? and no #");
    },
  );
});

describe("parseCount", () => {
  it.each(["3.5", "-1", "1e99", "x", ""])("refuses %j", (text) => {
    expect(() => parseCount(text)).toThrow();
  });

  it("reads whole numbers", () => {
    expect([parseCount("0"), parseCount(" 32 ")]).toEqual([0, 32]);
  });
});

describe("once", () => {
  it("takes a value, and refuses a second", () => {
    expect(once(parseCount)("3", undefined)).toBe(3);
    expect(() => once(parseCount)("3", 0)).toThrow("only once");
  });
});

describe("output names", () => {
  it("must say what is written", () => {
    expect(parsePngPath("out/Mask.PNG")).toBe("out/Mask.PNG");
    expect(() => parsePngPath("mask.jpg")).toThrow(".png");
  });

  it("are numbered from the second mask on", () => {
    expect(numberedPath("a.b/mask.png", 0)).toBe("a.b/mask.png");
    expect(numberedPath("a.b/mask.png", 1)).toBe("a.b/mask-2.png");
    expect(numberedPath("MASK.PNG", 2)).toBe("MASK-3.PNG");
  });
});
