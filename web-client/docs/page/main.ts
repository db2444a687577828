import "./style.css";
import { addCopyButtons } from "./copy-code.js";
import { startMenu } from "./menu.js";
import { startSearch } from "./search.js";

/* The pages are whole without this: it adds the search, the folded list of contents on small screens, and Copy. */
startMenu();
startSearch();
addCopyButtons();
