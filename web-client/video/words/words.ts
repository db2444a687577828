import { language } from "../../words/words.js";
import { en, type VideoWords } from "./en.js";
import { zh } from "./zh.js";

export const words: VideoWords = { en, zh }[language];
