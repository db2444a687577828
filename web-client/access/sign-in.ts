import { protocolsWith, SignInNeeded, type Terms, termsNow, ticketFrom } from "../sdk/http/tickets.js";
import { ask, currentBearer, pageGateway, setBearer } from "./bearer.js";
import type { Provider, Tokens } from "./provider.js";

interface PageTerms extends Terms {
  readonly oidc?: Provider;
}

/** Who has signed in (`GET v1/me`). */
interface Account {
  readonly id: string;
  readonly tenant: string;
}

/** What is remembered of it. */
interface Kept extends Tokens {
  readonly tenant: string | undefined;
}

/** As long as the tab: who sits down at the machine next has to sign in themselves. */
const storageKey = "maskwire-signed-in";

/** Where they were before they went to a provider. */
const fromKey = "maskwire-signing-in-from";

interface SignInOptions {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly changed: () => void;
}

/** The page's side of signing in: knows what the gateway asks for, keeps the key for the tab, gets tickets for sessions. */
export class SignIn {
  readonly #storage: SignInOptions["storage"];
  readonly #changed: () => void;
  #terms: PageTerms | undefined;
  #account: Account | undefined;
  /** For the next bearer of a provider's. */
  #refresh: string | undefined;
  /** Of whoever signed in last. */
  #tenant: string | undefined;

  /** Told the tenant of whoever has just signed in on this page. */
  onSignedIn: (tenant: string) => void = () => {};

  constructor({ storage, changed }: SignInOptions) {
    this.#storage = storage;
    this.#changed = changed;
    const { bearer, refresh, tenant } = JSON.parse(storage.getItem(storageKey) ?? "{}") as Partial<Kept>;
    this.#refresh = refresh;
    this.#tenant = tenant;
    setBearer(bearer);
  }

  /** Who is signed in, where that is asked for. */
  get account(): Account | undefined {
    return this.#account;
  }

  /**
   * Whose work this page may show and keep: a tenant's; "" where nobody is asked who they are; undefined before somebody has
   * signed in.
   */
  async room(): Promise<string | undefined> {
    if (currentBearer() !== undefined) return this.#tenant;
    const terms = await this.#agree().catch(() => undefined);
    return terms?.required ? undefined : "";
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
    const { required } = await this.#agree();
    if (!required) return protocolsWith(undefined);
    const ticket = (await this.#ticket()) ?? ((await this.#renew()) ? await this.#ticket() : undefined);
    if (ticket === undefined) throw new SignInNeeded();
    if (this.#account === undefined) await this.#meet();
    return protocolsWith(ticket);
  }

  /** A session could not be opened: what the gateway asks for may have changed with a restart. */
  doubt(): void {
    this.#terms = undefined;
  }

  /** @returns false for a key that the gateway does not know. @throws TypeError when it cannot be reached. */
  withKey(key: string): Promise<boolean> {
    return this.#take({ bearer: key, refresh: undefined });
  }

  /**
   * @param page where the provider sends the person back to, as it knows that. @param from where they go on to from there, when that is
   *   another page. @returns where the person goes to sign in. @throws Error when the provider cannot be asked.
   */
  async wayToProvider(page: URL, from?: URL): Promise<URL> {
    const { provider, flow } = await this.#flow();
    if (from) this.#storage.setItem(fromKey, from.href);
    else this.#storage.removeItem(fromKey);
    return flow.wayToProvider(provider, page, this.#storage);
  }

  /** @param callback where the provider has sent the person back to. @returns false when it, or the gateway, did not let them in. */
  async backFromProvider(callback: URL): Promise<boolean> {
    const { provider, flow } = await this.#flow();
    const tokens = await flow.tokensFrom(provider, callback, this.#storage).catch(() => undefined);
    return tokens !== undefined && this.#take(tokens);
  }

  /** The page that the person came from to sign in, once: when it is one of the same place. */
  takeWayBack(page: URL): URL | undefined {
    const from = this.#storage.getItem(fromKey) ?? "";
    this.#storage.removeItem(fromKey);
    return URL.canParse(from) && from.startsWith(page.href) ? new URL(from) : undefined;
  }

  out(): void {
    this.#keep(undefined);
    this.#account = undefined;
    this.#changed();
  }

  async #agree(): Promise<PageTerms> {
    this.#terms ??= await termsNow(pageGateway);
    return this.#terms;
  }

  async #flow() {
    const { oidc: provider } = await this.#agree();
    if (provider === undefined) throw new Error("The gateway names no provider.");
    return { provider, flow: await import("./provider.js") };
  }

  /** @returns undefined when nobody is signed in, or the gateway does not know them. */
  async #ticket(): Promise<string | undefined> {
    if (currentBearer() === undefined) return undefined;
    return ticketFrom(pageGateway);
  }

  /** @returns whether there is another bearer. */
  async #renew(): Promise<boolean> {
    const refresh = this.#refresh;
    if (refresh === undefined) return false;
    const { provider, flow } = await this.#flow();
    const tokens = await flow.renewedTokens(provider, refresh).catch(() => undefined);
    this.#keep(tokens);
    return tokens !== undefined;
  }

  async #take(tokens: Tokens): Promise<boolean> {
    setBearer(tokens.bearer);
    if (await this.#meet()) {
      this.#tenant = this.#account?.tenant;
      this.#keep(tokens);
      this.onSignedIn(this.#tenant ?? "");
      return true;
    }
    this.out();
    return false;
  }

  #keep(tokens: Tokens | undefined): void {
    setBearer(tokens?.bearer);
    this.#refresh = tokens?.refresh;
    if (tokens === undefined) this.#storage.removeItem(storageKey);
    else this.#storage.setItem(storageKey, JSON.stringify({ ...tokens, tenant: this.#tenant } satisfies Kept));
  }

  async #meet(): Promise<boolean> {
    const answer = await ask("v1/me");
    if (answer.status >= 500 || answer.status === 429) throw new TypeError(`v1/me was answered with ${answer.status}.`);
    this.#account = answer.ok ? ((await answer.json()) as Account) : undefined;
    this.#changed();
    return answer.ok;
  }
}
