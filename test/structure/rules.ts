/** Numbers of the rules that `gateway/SPEC.md` holds, in its order. @param spec its text. */
export function rulesOf(spec: string): string[] {
  return [...spec.matchAll(/^- \*\*([A-Z]\d+)\*\* /gm)].map(([, number]) => number as string);
}

const literals = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const comments = /^\s*(?:\/\/|\*|\/\*\*?).*$/gm;

/**
 * Numbers in the titles of a test file: in whatever text stands in it between quotes, since rows of a table are titles too.
 * @param sections the letters that rules begin with: what begins with another is no rule's.
 */
export function numbersIn(test: string, sections: ReadonlySet<string>): string[] {
  const titles = test.replace(comments, "").match(literals) ?? [];
  const numbers = titles.flatMap((title) => title.match(/\b[A-Z]\d{1,2}\b/g) ?? []);
  return [...new Set(numbers)].filter(([letter]) => sections.has(letter as string));
}
