import { InvalidArgumentError } from "commander";
import { limitNames, type PrincipalLimits, type Scope, scopes } from "../../runtime/callers/principal.js";

/** "segment,upload". @throws InvalidArgumentError */
export function parseScopes(text: string): Scope[] {
  const all = text.split(",").map((part) => part.trim());
  if (all.every(isScope)) return [...new Set(all)];
  throw new InvalidArgumentError(`Expected some of ${scopes.join(", ")}, separated by commas.`);
}

const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90d", "12h", "30m", "2027-01-31" or a time with its zone. @returns milliseconds since 1970. @throws InvalidArgumentError */
export function parseExpiry(text: string, now = Date.now()): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = unit
    ? now + Number(count) * unitMs[unit as keyof typeof unitMs]
    : isTime
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError("Expected a time from now such as 90d, 12h or 30m, or a day such as 2027-01-31.");
  }
  if (time <= now) throw new InvalidArgumentError("That is over already.");
  return time;
}

/** "sessions=10", for an option that may come several times. @throws InvalidArgumentError */
export function collectLimits(text: string, previous: PrincipalLimits = {}): PrincipalLimits {
  const [name = "", value = ""] = text.split("=");
  if (
    !(limitNames as readonly string[]).includes(name) ||
    !/^[1-9]\d{0,15}$/.test(value) ||
    text.split("=").length !== 2
  ) {
    throw new InvalidArgumentError(
      `Expected a name and a whole number such as sessions=10; the names are ${limitNames.join(", ")}.`,
    );
  }
  if (name in previous) throw new InvalidArgumentError(`The limit ${name} can be given only once.`);
  return { ...previous, [name]: Number(value) };
}
