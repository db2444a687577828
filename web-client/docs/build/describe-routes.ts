interface Content {
  readonly [type: string]: { readonly schema?: Schema };
}

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly oneOf?: readonly Schema[];
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** As much of the document as its table shows. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Tables of all routes, in Markdown: one for what begins alike, and one for those that are alone with their beginning. */
export function describeRoutes({ paths }: OpenApi): string {
  const groups = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(paths)) {
    const group = groupOf(path);
    const rows = Object.entries(operations).map(([method, operation]) => rowOf(method, path, operation));
    groups.set(group, [...(groups.get(group) ?? []), ...rows]);
  }
  const lonely = [...groups].filter(([, rows]) => rows.length === 1);
  for (const [group] of lonely) groups.delete(group);
  groups.set(
    "Others",
    lonely.flatMap(([, rows]) => rows),
  );
  return [...groups].map(([group, rows]) => `## ${group}\n\n${header}\n${rows.join("\n")}\n`).join("\n");
}

const header = "| | takes | gives |\n|---|---|---|";

function groupOf(path: string): string {
  const [, first = "", second = ""] = path.split("/");
  return first === "v1" ? `/v1/${second}` : "Health";
}

function rowOf(method: string, path: string, { summary, parameters = [], requestBody, responses }: Operation): string {
  const query = parameters.filter((one) => one.in === "query");
  const named = query.map(({ name, description }) => `\`?${name}\`${description ? ` ${description}` : ""}`);
  const body = requestBody ? [contentOf(requestBody.content)] : [];
  const takes = [...body, ...named].join("; ");
  const gives = contentOf(responses["200"]?.content);
  return `| **\`${method.toUpperCase()} ${path}\`** ${cell(summary)} | ${cell(takes)} | ${cell(gives)} |`;
}

function contentOf(content: Content = {}): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const name = schema && nameOf(schema);
      if (type === "application/json") return name ?? "JSON";
      if (type === "application/x-ndjson") return `lines of ${name ?? "JSON"}`;
      return schema?.description ?? type;
    })
    .join(", or ");
}

/** A message's name, with its place on the page of messages. */
function nameOf({ $ref, oneOf }: Schema): string | undefined {
  if (oneOf) return oneOf.map(nameOf).find((name) => name !== undefined);
  const name = $ref?.split("/").at(-1)?.split(".").at(-1);
  // Said once for all routes.
  if (name === "Failure") return undefined;
  return name && `[${name}](messages.md#${name.toLowerCase()})`;
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
