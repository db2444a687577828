import { language } from "../../words/words.js";
import { type DatasetWords, en } from "./en.js";
import { zh } from "./zh.js";

export const words: DatasetWords = { en, zh }[language];
