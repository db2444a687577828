import { en, type Words } from "./en.js";
import { zh } from "./zh.js";

export const languages = { en: "English", zh: "中文" } as const;
export type Language = keyof typeof languages;

const dictionaries: Record<Language, Words> = { en, zh };
const key = "maskwire-language";

/** The person's choice, or else the first of the browser's languages that the page speaks. */
function preferred(): Language {
  const asked = [storedLanguage(), ...(globalThis.navigator?.languages ?? [])];
  for (const tag of asked) {
    const language = tag?.toLowerCase().split("-")[0];
    if (language !== undefined && isLanguage(language)) return language;
  }
  return "en";
}

/** Of the page as long as it is loaded: what the state has said stays as it was said. */
export const language: Language = preferred();
export const words: Words = dictionaries[language];

/** For the next time that the page is loaded. */
export function chooseLanguage(chosen: Language): void {
  globalThis.localStorage?.setItem(key, chosen);
}

function storedLanguage(): string | undefined {
  try {
    return globalThis.document === undefined ? undefined : (localStorage.getItem(key) ?? undefined);
  } catch {
    // A page without storage has no memory of a choice.
    return undefined;
  }
}

function isLanguage(name: string): name is Language {
  return Object.hasOwn(dictionaries, name);
}
