import { UsageError } from "../options.js";

/** @returns the settings of each list by what was given. @throws UsageError */
export function settingsIn(text: string): [name: string, env: Record<string, string>][] {
  const lists = text
    .split(";")
    .map((list) => list.trim())
    .filter((list) => list !== "");
  return lists.map((list) => {
    const pairs = list.split(/\s+/).map((pair) => /^(\w+)=(.*)$/.exec(pair));
    if (pairs.includes(null)) throw new UsageError(`--with takes NAME=VALUE, not "${list}"`);
    return [`service, ${list}`, Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]))];
  });
}
