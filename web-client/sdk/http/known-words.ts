import { askJson, type Gateway } from "./gateway.js";

/** What can be found by words. */
export interface KnownWords {
  /** By the alphabet, each once. */
  readonly words: readonly string[];
  /** A sentence that says what to do, where no detector is installed. */
  readonly advice: string | undefined;
}

interface Detector {
  readonly ready?: boolean;
  readonly advice?: string;
  readonly labels?: readonly string[];
  readonly aliases?: readonly { readonly word: string }[];
}

/** @param asked how the gateway is asked. @throws Error when it cannot be reached, or does not say. */
export async function knownWords(gateway: Gateway, asked = askJson): Promise<KnownWords> {
  return wordsOf(((await asked(gateway, "v1/words")) as { detectors?: readonly Detector[] }).detectors ?? []);
}

export function wordsOf(detectors: readonly Detector[]): KnownWords {
  const ready = detectors.filter((detector) => detector.ready);
  const words = ready.flatMap(({ labels = [], aliases = [] }) => [...labels, ...aliases.map(({ word }) => word)]);
  const advice = ready.length === 0 ? detectors.find((detector) => detector.advice)?.advice : undefined;
  return { words: [...new Set(words)].toSorted((a, b) => a.localeCompare(b)), advice };
}
