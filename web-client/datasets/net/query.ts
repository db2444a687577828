import type { JsonValue } from "@bufbuild/protobuf";

/** A request's JSON as the query of a GET: a message in it by dots (`filter.splits=train`), what is repeated several times. */
export function queryOf(json: JsonValue): string {
  const query = new URLSearchParams([...pairsOf("", json)]).toString();
  return query === "" ? "" : `?${query}`;
}

function* pairsOf(name: string, value: JsonValue): Generator<[string, string]> {
  if (Array.isArray(value)) for (const one of value) yield* pairsOf(name, one);
  else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value)) yield* pairsOf(name === "" ? key : `${name}.${key}`, one);
  } else yield [name, String(value)];
}
