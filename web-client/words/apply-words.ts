import { language, words } from "./words.js";

type PageWord = keyof typeof words.page;

/** Where a word of the page goes: into an element or one of its attributes. */
const places = {
  word: undefined,
  wordLabel: "aria-label",
  wordTitle: "title",
  wordPlaceholder: "placeholder",
} as const;
const named = "[data-word], [data-word-label], [data-word-title], [data-word-placeholder]";

/** Writes the words that the page's HTML names: `data-word`, `data-word-label`, `data-word-title`, `data-word-placeholder`. */
export function applyWords(root: HTMLElement): void {
  root.lang = language;
  for (const target of root.querySelectorAll<HTMLElement>(named)) {
    for (const [name, attribute] of Object.entries(places)) {
      const word = target.dataset[name];
      if (word === undefined) continue;
      const text = pageWord(word);
      if (attribute === undefined) target.textContent = text;
      else target.setAttribute(attribute, text);
    }
  }
}

function pageWord(name: string): string {
  if (!Object.hasOwn(words.page, name)) throw new Error(`No dictionary has the page's word “${name}”.`);
  return words.page[name as PageWord];
}
