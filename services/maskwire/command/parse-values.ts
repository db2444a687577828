import { InvalidArgumentError } from "commander";
import { DetailMode } from "../../../proto/index.js";

export interface PointValue {
  x: number;
  y: number;
}

export interface BoxValue {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** "500,375" -> pixels of the upright picture. @throws InvalidArgumentError, which commander prints with the option. */
export function parsePoint(text: string): PointValue {
  const [x, y] = parseNumbers(text, 2, "two numbers, X,Y in pixels, such as 500,375");
  return { x: x as number, y: y as number };
}

/** For an option that may come several times. */
export function collectPoints(text: string, previous: PointValue[] = []): PointValue[] {
  return [...previous, parsePoint(text)];
}

/** "10,20,300,400" -> two opposite corners in pixels of the upright picture. @throws InvalidArgumentError */
export function parseBox(text: string, previous: BoxValue | undefined): BoxValue {
  if (previous) throw new InvalidArgumentError("A prompt has one box only.");
  const [x0, y0, x1, y1] = parseNumbers(text, 4, "four numbers, X0,Y0,X1,Y1 in pixels, such as 10,20,300,400");
  return { x0: x0 as number, y0: y0 as number, x1: x1 as number, y1: y1 as number };
}

/** @throws InvalidArgumentError */
export function parseNumber(text: string): number {
  return parseNumbers(text, 1, "a number")[0] as number;
}

/** Whole and not negative. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = parseNumber(text);
  if (Number.isInteger(count) && count >= 0 && count <= 0xffff_ffff) return count;
  throw new InvalidArgumentError("Expected a whole number, 0 or more.");
}

/** Frames a second. @throws InvalidArgumentError */
export function parseRate(text: string): number {
  const rate = parseNumber(text);
  if (rate > 0 && rate <= 1000) return rate;
  throw new InvalidArgumentError("Expected frames a second: more than 0, at most 1000.");
}

/** What `--detail` takes. */
export const detailModes = { auto: DetailMode.AUTO, always: DetailMode.ALWAYS, off: DetailMode.OFF } as const;

/** @throws InvalidArgumentError */
export function parseDetail(text: string): DetailMode {
  const mode = Object.entries(detailModes).find(([name]) => name === text)?.[1];
  if (mode === undefined) throw new InvalidArgumentError(`Expected one of ${Object.keys(detailModes).join(", ")}.`);
  return mode;
}

/** For an option that has one value: of several the others would be dropped. */
export function once<T>(parse: (text: string) => T): (text: string, previous: T | undefined) => T {
  return (text, previous) => {
    if (previous !== undefined) throw new InvalidArgumentError("It can be given only once.");
    return parse(text);
  };
}

/**
 * A gateway's address without a slash at its end, with the user and password that a proxy before it may ask for; empty, as an
 * empty variable is, when none is given. @throws InvalidArgumentError
 */
export function parseGatewayUrl(text: string): string {
  if (text.trim() === "") return "";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new InvalidArgumentError("Expected an address such as http://localhost:8080.");
  }
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) {
    throw new InvalidArgumentError("A gateway's address ends with its path: no ? and no #.");
  }
  const { username, password } = url;
  const user = username === "" && password === "" ? "" : `${username}${password === "" ? "" : `:${password}`}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname.replace(/\/+$/, "")}`;
}

/** @throws InvalidArgumentError */
export function parsePngPath(text: string): string {
  if (/\.png$/i.test(text)) return text;
  throw new InvalidArgumentError("It is written as PNG; end its name with .png.");
}

/** mask.png -> mask-2.png for the second mask, and so on; the first keeps the name. @param index from 0. */
export function numberedPath(path: string, index: number): string {
  return index === 0 ? path : path.replace(/(\.png)$/i, `-${index + 1}$1`);
}

function parseNumbers(text: string, count: number, expected: string): number[] {
  const parts = text.split(",").map((part) => part.trim());
  const numbers = parts.map((part) => (part === "" ? Number.NaN : Number(part)));
  if (numbers.length === count && numbers.every(Number.isFinite)) return numbers;
  throw new InvalidArgumentError(`Expected ${expected}.`);
}
