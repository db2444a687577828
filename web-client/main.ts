import { keyTable } from "./keys/key-table.js";
import { offerLanguages } from "./panel/language-view.js";
import { showKeys } from "./panel/show-keys.js";
import { start } from "./start.js";
import { applyWords } from "./words/apply-words.js";

applyWords(document.documentElement);
showKeys(keyTable);
offerLanguages();
start();
