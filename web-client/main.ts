import { offerLanguages } from "./panel/language-view.js";
import { start } from "./start.js";
import { applyWords } from "./words/apply-words.js";

applyWords(document.documentElement);
offerLanguages();
start();
