import { plainText } from "./plain-text.js";
import { Unreadable } from "./unreadable.js";

/** An object of a JSON file, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws Unreadable when the text is no JSON object. */
export function parseFields(text: string | undefined, what: string): Fields {
  return fieldsOf(parseJson(text, what), what);
}

/** @throws Unreadable when the text is no JSON. */
export function parseJson(text: string | undefined, what: string): unknown {
  if (text === undefined) throw new Unreadable(`The ${what} is larger than any that is read.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unreadable(`The ${what} is not JSON: ${(error as Error).message}.`);
  }
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function fieldsOf(value: unknown, what: string): Fields {
  if (!isFields(value)) throw new Unreadable(`The ${what} is not an object.`);
  return value;
}

/** @throws Unreadable when it is no text. */
export function textIn(fields: Fields, key: string, what: string): string {
  const value = fields[key];
  if (typeof value !== "string" || value === "") throw new Unreadable(`The ${what} has no ${key}.`);
  return value;
}

/** @throws Unreadable when it is no number, nor a text of one. */
export function numberIn(fields: Fields, key: string, what: string): number {
  const number = finiteNumber(fields[key]);
  if (number === undefined) throw new Unreadable(`The ${what} has no ${key}.`);
  return number;
}

/** Numbers are written as text by some. */
export function finiteNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export const listIn = (fields: Fields, key: string): readonly unknown[] => {
  const value = fields[key];
  return Array.isArray(value) ? value : [];
};

/** A box [x, y, width, height]. */
export function boxIn(fields: Fields, key: string): [number, number, number, number] | undefined {
  const numbers = listIn(fields, key).map(finiteNumber);
  const [x, y, width, height] = numbers;
  if (numbers.length !== 4 || x === undefined || y === undefined || width === undefined || height === undefined) return;
  return [x, y, width, height];
}

/** As data sets take them. */
const mostAttributes = 100;
const longestName = 100;
const longestValue = 4000;

/** What is plain among someone's attributes, as text; what is long is cut. */
export function attributesIn(value: unknown): Record<string, string> {
  const attributes: Record<string, string> = {};
  if (!isFields(value)) return attributes;
  for (const [key, one] of Object.entries(value).slice(0, mostAttributes)) {
    if (typeof one !== "string" && typeof one !== "number" && typeof one !== "boolean") continue;
    const [name, text] = [plainText(key.trim(), longestName), plainText(String(one).trim(), longestValue)];
    if (name.trim() && text) attributes[name] = text;
  }
  return attributes;
}
