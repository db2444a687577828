interface Owner {
  bytes: number;
  /** Keys and their bytes, the least recently used first. */
  readonly entries: Map<string, number>;
}

/**
 * Whose the bytes of a bounded store are, and who makes room when it is short: whoever holds most gives up what it used
 * longest ago. So nobody drives out what others keep but by holding less than they do; one who is alone may have all.
 */
export class OwnedBytes {
  readonly #owners = new Map<string, Owner>();
  readonly #ownerOf = new Map<string, string>();

  /** An entry that replaces one of that key has been removed before. */
  add(key: string, owner: string, bytes: number): void {
    const one = this.#owners.get(owner) ?? { bytes: 0, entries: new Map() };
    this.#owners.set(owner, one);
    one.bytes += bytes;
    one.entries.set(key, bytes);
    this.#ownerOf.set(key, owner);
  }

  remove(key: string): void {
    const owner = this.#ownerOf.get(key);
    const one = owner === undefined ? undefined : this.#owners.get(owner);
    if (owner === undefined || !one) return;
    this.#ownerOf.delete(key);
    one.bytes -= one.entries.get(key) ?? 0;
    one.entries.delete(key);
    if (one.entries.size === 0) this.#owners.delete(owner);
  }

  /** It was used just now. */
  touch(key: string): void {
    const one = this.#owners.get(this.#ownerOf.get(key) ?? "");
    const bytes = one?.entries.get(key);
    if (!one || bytes === undefined) return;
    one.entries.delete(key);
    one.entries.set(key, bytes);
  }

  /** What goes next when `bytes` more of an owner's are to come; undefined when nothing is here. */
  nextToGo(owner: string, bytes: number): string | undefined {
    let most = -1;
    let largest: Owner | undefined;
    for (const [name, one] of this.#owners) {
      const held = one.bytes + (name === owner ? bytes : 0);
      if (held <= most) continue;
      most = held;
      largest = one;
    }
    return largest?.entries.keys().next().value;
  }
}
