/** The origins whose pages may use a gateway beside its own: `https://app.example.org`, or `https://*.example.org` for one label. */
export class ListedOrigins {
  readonly #exact = new Set<string>();
  /** Without their first label. */
  readonly #parents = new Set<string>();

  /** @param listed in the form that the setting takes. */
  constructor(listed: readonly string[]) {
    for (const one of listed) {
      const isPattern = one.includes("://*.");
      (isPattern ? this.#parents : this.#exact).add(new URL(one.replace("://*.", "://")).origin);
    }
  }

  /** @param origin as browsers write it in `Origin`. */
  has(origin: string): boolean {
    if (this.#exact.has(origin)) return true;
    const parent = origin.replace(/^(https?:\/\/)[^.:/]+\./, "$1");
    return parent !== origin && this.#parents.has(parent);
  }
}
