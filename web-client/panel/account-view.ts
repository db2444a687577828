import type { SignIn } from "../access/sign-in.js";
import { type Usage, usageNow } from "../access/usage.js";
import type { State } from "../state/state.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";

/** Says who is signed in and what they have used of their limits, and lets them go. */
export class AccountView implements View {
  readonly #signIn: SignIn;
  readonly #button = element("account", HTMLButtonElement);
  readonly #dialog = element("account-dialog", HTMLDialogElement);
  readonly #title = element("account-title", HTMLElement);
  readonly #hint = element("account-hint", HTMLElement);
  readonly #list = element("account-usage", HTMLElement);

  constructor(signIn: SignIn, onSignOut: () => void) {
    this.#signIn = signIn;
    this.#button.addEventListener("click", () => void this.#open());
    element("account-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    element("account-sign-out", HTMLButtonElement).addEventListener("click", () => {
      this.#dialog.close();
      onSignOut();
    });
    this.#dialog.addEventListener("keydown", (event) => event.stopPropagation());
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    });
  }

  parts({ link }: State): readonly unknown[] {
    return [link.kind, this.#signIn.account];
  }

  render(): void {
    const { account } = this.#signIn;
    this.#button.hidden = account === undefined;
    if (account === undefined) return;
    setText(this.#button, account.id);
    setText(this.#title, words.account.who(account.id, account.tenant));
  }

  async #open(): Promise<void> {
    this.#list.replaceChildren();
    setText(this.#hint, words.account.asking);
    this.#dialog.showModal();
    try {
      const usages = await usageNow();
      setText(this.#hint, usages.length === 0 ? words.account.noLimits : words.account.used);
      this.#list.replaceChildren(...usages.map(lineOf));
    } catch {
      setText(this.#hint, words.signIn.unreachable);
    }
  }
}

function lineOf({ name, of, used, limit }: Usage): HTMLElement {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const description = document.createElement("dd");
  const share = document.createElement("dd");
  const meter = document.createElement("meter");
  const what = words.account.limits[name as keyof typeof words.account.limits] ?? name;
  setText(term, of === "tenant" ? words.account.ofTenant(what) : what);
  setText(description, words.account.usedOf(amount(name, used), amount(name, limit)));
  meter.max = limit;
  meter.high = 0.9 * limit;
  meter.value = used;
  meter.setAttribute("aria-label", term.textContent ?? "");
  share.append(meter);
  line.append(term, description, share);
  return line;
}

/** Bytes as megabytes; all else is counted. */
function amount(name: string, value: number): string {
  if (!/bytes/i.test(name)) return Math.ceil(value).toLocaleString();
  return words.units.megabytes((value / 2 ** 20).toFixed(value < 10 * 2 ** 20 ? 1 : 0));
}
