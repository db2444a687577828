import { ask, currentBearer, setBearer } from "./bearer.js";

/** What the gateway says of who may come (`GET v1/auth`). */
interface Terms {
  readonly required: boolean;
  readonly methods: readonly string[];
}

/** Who has signed in (`GET v1/me`). */
interface Account {
  readonly id: string;
  readonly tenant: string;
}

/** Nobody has signed in, or the gateway does not know them any more. */
export class SignInNeeded extends Error {}

/** As long as the tab: a key is not left behind on a machine that others use. */
const storageKey = "maskwire-key";

interface SignInOptions {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly changed: () => void;
}

/** The page's side of signing in: knows what the gateway asks for, keeps the key for the tab, gets tickets for sessions. */
export class SignIn {
  readonly #storage: SignInOptions["storage"];
  readonly #changed: () => void;
  #terms: Terms | undefined;
  #account: Account | undefined;

  constructor({ storage, changed }: SignInOptions) {
    this.#storage = storage;
    this.#changed = changed;
    setBearer(storage.getItem(storageKey) ?? undefined);
  }

  /** Who is signed in, where that is asked for. */
  get account(): Account | undefined {
    return this.#account;
  }

  /** Ways to sign in that the gateway offers, once it has said so. */
  get methods(): readonly string[] {
    return this.#terms?.methods ?? [];
  }

  /**
   * Subprotocols to open a session with, a fresh ticket among them where one is needed.
   * @throws SignInNeeded; TypeError when the gateway cannot be reached.
   */
  async protocols(): Promise<string[]> {
    this.#terms ??= await termsNow();
    if (!this.#terms.required) return ["maskwire.v1"];
    if (currentBearer() === undefined) throw new SignInNeeded();
    const answer = await ask("v1/tickets", { method: "POST" });
    if (answer.status === 401) throw new SignInNeeded();
    if (!answer.ok) throw new TypeError(`v1/tickets was answered with ${answer.status}.`);
    const { ticket } = (await answer.json()) as { ticket: string };
    if (this.#account === undefined) await this.#meet();
    return ["maskwire.v1", `maskwire.ticket.${ticket}`];
  }

  /** A session could not be opened: what the gateway asks for may have changed with a restart. */
  doubt(): void {
    this.#terms = undefined;
  }

  /** @returns false for a key that the gateway does not know. @throws TypeError when it cannot be reached. */
  async withKey(key: string): Promise<boolean> {
    setBearer(key);
    if (await this.#meet()) {
      this.#storage.setItem(storageKey, key);
      return true;
    }
    this.out();
    return false;
  }

  out(): void {
    setBearer(undefined);
    this.#storage.removeItem(storageKey);
    this.#account = undefined;
    this.#changed();
  }

  async #meet(): Promise<boolean> {
    const answer = await ask("v1/me");
    if (answer.status >= 500 || answer.status === 429) throw new TypeError(`v1/me was answered with ${answer.status}.`);
    this.#account = answer.ok ? ((await answer.json()) as Account) : undefined;
    this.#changed();
    return answer.ok;
  }
}

async function termsNow(): Promise<Terms> {
  const answer = await fetch("v1/auth");
  if (!answer.ok) throw new TypeError(`v1/auth was answered with ${answer.status}.`);
  return (await answer.json()) as Terms;
}
