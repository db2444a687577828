import type { SignIn } from "../access/sign-in.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";

/** Asks who is there, where the gateway wants to know. */
export class SignInView implements View {
  readonly #signIn: SignIn;
  readonly #dispatch: StatePort["dispatch"];
  readonly #dialog = element("sign-in", HTMLDialogElement);
  readonly #keyPart = element("sign-in-key-part", HTMLElement);
  readonly #hint = element("sign-in-hint", HTMLElement);
  readonly #key = element("sign-in-key", HTMLInputElement);
  readonly #problem = element("sign-in-problem", HTMLElement);
  readonly #submit = element("sign-in-submit", HTMLButtonElement);
  readonly #provider = element("sign-in-provider", HTMLButtonElement);
  /** The link as it was drawn last: the dialog opens once for each time that somebody has to sign in. */
  #drawn: State["link"]["kind"] | undefined;

  constructor(signIn: SignIn, { dispatch }: StatePort) {
    this.#signIn = signIn;
    this.#dispatch = dispatch;
    element("sign-in-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    element("sign-in-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#take(this.#key.value.trim());
    });
    this.#provider.addEventListener("click", () => void this.#leave());
    this.#key.addEventListener("input", () => this.#complain(""));
    // Letters are text here, and what is pasted belongs into the field.
    for (const kind of ["keydown", "paste"]) this.#dialog.addEventListener(kind, (event) => event.stopPropagation());
  }

  parts({ link }: State): readonly unknown[] {
    return [link.kind];
  }

  render({ link }: State): void {
    if (link.kind === "signed-out" && this.#drawn !== "signed-out") this.#ask();
    if (link.kind === "open") this.#dialog.close();
    this.#drawn = link.kind;
  }

  #ask(): void {
    if (this.#dialog.open) return;
    const takesKeys = this.#signIn.methods.includes("key");
    this.#keyPart.hidden = !takesKeys;
    this.#hint.hidden = !takesKeys;
    this.#submit.hidden = !takesKeys;
    this.#provider.hidden = !this.#signIn.methods.includes("oidc");
    this.#complain("");
    this.#dialog.showModal();
    if (takesKeys) this.#key.focus();
  }

  async #take(key: string): Promise<void> {
    if (key === "") return this.#complain(words.signIn.noKey);
    this.#submit.disabled = true;
    try {
      if (!(await this.#signIn.withKey(key))) return this.#complain(words.signIn.unknown);
      this.#key.value = "";
      this.#dialog.close();
      this.#dispatch({ kind: "retry", atMs: performance.now() });
    } catch {
      this.#complain(words.signIn.unreachable);
    } finally {
      this.#submit.disabled = false;
    }
  }

  /** What is on the page comes back with the person: it is kept in the browser. */
  async #leave(): Promise<void> {
    try {
      location.assign(await this.#signIn.wayToProvider(new URL(".", document.baseURI)));
    } catch {
      this.#complain(words.signIn.providerFailed);
    }
  }

  #complain(text: string): void {
    setText(this.#problem, text);
    this.#key.setAttribute("aria-invalid", String(text !== ""));
    if (text !== "") this.#key.focus();
  }
}
