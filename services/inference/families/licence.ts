/** Licences that ask for no more than their notice: what is under them is taken without being asked about. */
const permissive: ReadonlySet<string> = new Set(["Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD"]);

/** @param expression of SPDX identifiers, joined by AND and OR. With an OR, too, all of them must be permissive. */
export function isPermissive(expression: string): boolean {
  const names = expression.split(/[()\s]+/).filter((word) => word !== "" && word !== "AND" && word !== "OR");
  return names.length > 0 && names.every((name) => permissive.has(name));
}
