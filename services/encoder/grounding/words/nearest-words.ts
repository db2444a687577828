/** Most that are named: a person reads them. */
const most = 4;

/**
 * Known words that somebody may have meant: first those that stand in the phrase ("red car" -> "car"), then those that are
 * written nearly so, the nearest first.
 * @param phrases what was said, as it was and in the singular.
 */
export function nearestWords(phrases: readonly string[], known: Iterable<string>): string[] {
  const inIt: string[] = [];
  const near: { word: string; distance: number }[] = [];
  for (const word of known) {
    if (phrases.some((phrase) => standsIn(phrase, word))) inIt.push(word);
    else {
      const distance = Math.min(...phrases.map((phrase) => distanceOf(phrase, word)));
      if (Number.isFinite(distance)) near.push({ word, distance });
    }
  }
  inIt.sort((a, b) => b.length - a.length);
  near.sort((a, b) => a.distance - b.distance);
  return [...inIt, ...near.map(({ word }) => word)].slice(0, most);
}

/** Infinite when a word is another altogether. */
function distanceOf(phrase: string, word: string): number {
  const allowed = Math.floor(phrase.length / 3);
  if (Math.abs(word.length - phrase.length) > allowed) return Number.POSITIVE_INFINITY;
  const distance = editDistance(phrase, word);
  return distance <= allowed ? distance : Number.POSITIVE_INFINITY;
}

/** As whole words; in Chinese, where nothing parts them, anywhere. */
function standsIn(phrase: string, word: string): boolean {
  if (/\p{Script=Han}/u.test(word)) return phrase.includes(word);
  const parts = phrase.split(" ");
  return ` ${parts.join(" ")} `.includes(` ${word} `);
}

/** Letters that are left out, too many, others or two that changed places (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + other);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
