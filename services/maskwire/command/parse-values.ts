import { InvalidArgumentError } from "commander";

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

/** A gateway's address without a slash at its end; empty, as an empty variable is, when none is given. @throws InvalidArgumentError */
export function parseGatewayUrl(text: string): string {
  if (text.trim() === "") return "";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new InvalidArgumentError("Expected an address such as http://localhost:8080.");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
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
