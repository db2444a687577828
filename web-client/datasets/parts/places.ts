export const parts = ["labels", "annotate", "review", "audit", "charts", "replay"] as const;
export type Part = (typeof parts)[number];

/** Where a page is, from the service's root, which every page has as its base. */
export function placeOf(dataset: string, part?: Part, query: Readonly<Record<string, string>> = {}): string {
  const asked = new URLSearchParams(query).toString();
  const path = ["datasets", encodeURIComponent(dataset), ...(part === undefined ? [] : [part])].join("/");
  return asked === "" ? path : `${path}?${asked}`;
}

/** Which page an address is. @param root the service's. */
export function partAt(
  address: URL,
  root: URL,
): { readonly dataset: string | undefined; readonly part: Part | undefined } {
  const [, dataset, part] = address.pathname.slice(root.pathname.length).split("/");
  return {
    dataset: dataset ? decodeURIComponent(dataset) : undefined,
    part: parts.find((one) => one === part),
  };
}
