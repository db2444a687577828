/** The picture's own name with another ending. */
export function fileName(picture: string, ending: string): string {
  return `${plain(picture.replace(/\.[^.]*$/, "")) || "picture"}-${ending}`;
}

/** Names of files for things that have the same name now and then: each is given once. */
export function distinctNames(names: readonly string[]): string[] {
  const given = new Set<string>();
  return names.map((name) => {
    const base = plain(name) || "object";
    let distinct = base;
    // Some file systems do not tell capitals apart.
    for (let i = 2; given.has(distinct.toLowerCase()); i++) distinct = `${base}-${i}`;
    given.add(distinct.toLowerCase());
    return distinct;
  });
}

function plain(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_-]+/gu, "-").replaceAll(/^-+|-+$/g, "");
}
