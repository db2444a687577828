import type { DescMessage } from "@bufbuild/protobuf";
import { ErrorCode } from "../../proto/index.js";
import { MessageSchemas } from "./message-schemas.js";
import type { Content, JsonSchema, Operation } from "./operation.js";

export interface DescribedRoute {
  readonly method: string;
  /** As the router has it: `/v1/images/:id`. */
  readonly url: string;
  readonly isPublic: boolean;
  readonly operation: Operation;
}

/** Every error of this API (H3), whatever its status. */
const errorSchema: JsonSchema = {
  type: "object",
  required: ["error"],
  additionalProperties: false,
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      additionalProperties: false,
      properties: {
        code: { enum: Object.values(ErrorCode).filter((name) => typeof name === "string") },
        message: { type: "string", description: "One sentence that says what to do." },
        reason: { type: "string", description: "What a program may go by where the code does not say enough." },
        retryAfterMs: { type: "integer", minimum: 0, description: "How long to wait before another try is worth it." },
      },
    },
  },
};

/** OpenAPI 3.1 of an API, from its routes. */
export function openApi(routes: readonly DescribedRoute[], version: string): JsonSchema {
  const schemas = new MessageSchemas("#/components/schemas/");
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of [...routes].sort((a, b) => (a.url < b.url ? -1 : 1))) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Maskwire",
      version,
      description:
        "The Segment Anything Model for many people at once. Messages are those of `proto/maskwire/v1`, as protobuf JSON; what each field means stands there.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    // A proxy may serve it below any path.
    servers: [{ url: "../" }],
    paths,
    components: {
      schemas: { ...schemas.all, Failure: errorSchema },
      responses: {
        Failure: { description: "Refused, or failed.", content: jsonOf({ $ref: "#/components/schemas/Failure" }) },
      },
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "A key, or an access token." } },
    },
  };
}

function operationOf({ method, url, isPublic, operation }: DescribedRoute, schemas: MessageSchemas): JsonSchema {
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const { summary, query = {}, queryOf, takes, gives = [] } = operation;
  const contents = [gives].flat() as readonly Content[];
  const parameters = [
    ...inPath.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...Object.entries(query).map(([name, description]) => ({
      name,
      in: "query",
      description,
      schema: { type: "string" },
    })),
    ...(queryOf === undefined ? [] : fieldsOf(queryOf, inPath, schemas)),
  ];
  const answer =
    contents.length === 0
      ? { "204": { description: "Done." } }
      : {
          "200": {
            description: "Done.",
            content: Object.assign({}, ...contents.map((one) => contentOf(one, schemas))),
          },
        };
  return {
    operationId: `${method.toLowerCase()}${url.replace(/[^a-z]+(\w)/gi, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(takes === undefined ? {} : { requestBody: { required: true, content: contentOf(takes, schemas) } }),
    // Where nobody is asked who they are, none is needed.
    security: isPublic ? [] : [{ bearer: [] }, {}],
    responses: { ...answer, default: { $ref: "#/components/responses/Failure" } },
  };
}

/** A message in it is named by dots. */
function fieldsOf(desc: DescMessage, inPath: readonly string[], schemas: MessageSchemas, before = ""): JsonSchema[] {
  return desc.fields.flatMap((field) => {
    if (before === "" && inPath.includes(field.localName)) return [];
    const name = `${before}${field.jsonName}`;
    const isMessage = field.fieldKind === "message" && field.message.typeName.startsWith("maskwire.");
    if (isMessage) return fieldsOf(field.message, inPath, schemas, `${name}.`);
    // Its entries come by their keys: `attributes[weather]=rain`.
    const style = field.fieldKind === "map" ? { style: "deepObject", explode: true } : {};
    return [{ name, in: "query", ...style, schema: schemas.ofField(field) }];
  });
}

function contentOf(content: Content, schemas: MessageSchemas): JsonSchema {
  if ("message" in content) return jsonOf(schemas.of(content.message));
  if ("json" in content) return jsonOf(content.json);
  if ("file" in content) {
    const { type = "application/octet-stream", file } = content;
    return { [type]: { schema: { description: file } } };
  }
  const line = isMessage(content.lines) ? schemas.of(content.lines) : content.lines;
  // OpenAPI 3.1 has no word for lines: the schema is that of each.
  return { "application/x-ndjson": { schema: { oneOf: [line, { $ref: "#/components/schemas/Failure" }] } } };
}

const isMessage = (lines: DescMessage | JsonSchema): lines is DescMessage =>
  "kind" in lines && lines.kind === "message";

const jsonOf = (schema: JsonSchema): JsonSchema => ({ "application/json": { schema } });
