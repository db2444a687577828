/** Which methods the paths of a server take, for the answer to one that is not among them. */
export class AllowedMethods {
  readonly #routes = new Map<string, { segments: string[]; methods: Set<string> }>();

  /** @param pattern a route's path; a segment that begins with a colon stands for any. */
  add(pattern: string, method: string): void {
    const route = this.#routes.get(pattern) ?? { segments: pattern.split("/"), methods: new Set(["OPTIONS"]) };
    this.#routes.set(pattern, route);
    route.methods.add(method);
  }

  /** Sorted; empty for a path of no route. @param path without a query. */
  of(path: string): string[] {
    const segments = path.split("/");
    const methods = [...this.#routes.values()]
      .filter(
        (route) =>
          route.segments.length === segments.length &&
          route.segments.every((one, at) => one === segments[at] || (one.startsWith(":") && segments[at] !== "")),
      )
      .flatMap((route) => [...route.methods]);
    return [...new Set(methods)].sort();
  }
}
