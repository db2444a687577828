import { englishPlurals } from "./english.js";

/** Words that end like a plural and mean something else than one of them. */
const notPlural = new Set(["glasses", "shorts", "goggles"]);

/** What an English phrase may be the plural of, the likeliest first: its last word in the singular. */
export function singularsOf(phrase: string): string[] {
  if (notPlural.has(phrase)) return [];
  const [, start = "", last = ""] = /^(.* )?(\S+)$/u.exec(phrase) ?? [];
  const known = englishPlurals[last];
  const rules: [ending: RegExp, one: string][] = [
    [/men$/u, "man"],
    [/s$/u, ""],
    [/ies$/u, "y"],
    [/ves$/u, "fe"],
    [/es$/u, ""],
  ];
  const made = rules.flatMap(([ending, one]) => (ending.test(last) ? [last.replace(ending, one)] : []));
  return [...(known ? [known] : []), ...made].map((one) => start + one);
}
