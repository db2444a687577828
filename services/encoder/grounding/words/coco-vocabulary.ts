import { chineseAliases, chineseGroups } from "./chinese.js";
import { type CocoLabel, cocoLabels } from "./coco-labels.js";
import { englishAliases, englishGroups } from "./english.js";
import { Vocabulary } from "./vocabulary.js";

/** COCO's 80 kinds with what people call them in English and in Chinese. */
export function cocoVocabulary(): Vocabulary {
  return new Vocabulary(cocoLabels, [
    ...aliasesOf(englishAliases),
    ...groupsOf(englishGroups),
    ...aliasesOf(chineseAliases),
    ...groupsOf(chineseGroups),
  ]);
}

type Alias = [word: string, labels: readonly string[]];

const aliasesOf = (table: Readonly<Partial<Record<CocoLabel, string>>>): Alias[] =>
  Object.entries(table).flatMap(([label, words]) => listOf(words).map((word): Alias => [word, [label]]));

const groupsOf = (table: Readonly<Record<string, string>>): Alias[] =>
  Object.entries(table).map(([word, labels]): Alias => [word, listOf(labels)]);

const listOf = (words: string) => words.split(",").map((word) => word.trim().replace(/\s+/g, " "));
