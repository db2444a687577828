/** What has the same key together, in the order in which it came. */
export function grouped<Item>(items: readonly Item[], keyOf: (item: Item, at: number) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const [at, item] of items.entries()) {
    const key = keyOf(item, at);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
