import { chooseLanguage, type Language, language, languages } from "../words/words.js";
import { element } from "./element.js";

/** The choice of the page's language, which the page is loaded anew for. */
export function offerLanguages(): void {
  const list = element("language", HTMLSelectElement);
  list.replaceChildren(
    ...Object.entries(languages).map(([code, name]) => {
      const option = new Option(name, code, false, code === language);
      option.lang = code;
      return option;
    }),
  );
  list.addEventListener("change", () => {
    chooseLanguage(list.value as Language);
    location.reload();
  });
}
