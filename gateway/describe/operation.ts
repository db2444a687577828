import type { DescMessage } from "@bufbuild/protobuf";

/** As JSON Schema has it. */
export type JsonSchema = { readonly [name: string]: unknown };

/** What a request or an answer carries. */
export type Content =
  /** A message as protobuf JSON. */
  | { readonly message: DescMessage }
  | { readonly json: JsonSchema }
  /** JSON a line, as it comes (NDJSON). */
  | { readonly lines: DescMessage | JsonSchema }
  /** Bytes. @property file what they are. @property type their media type, where it is always the same. */
  | { readonly file: string; readonly type?: string };

/** A route, for who writes a client of it. */
export interface Operation {
  /** A sentence without its full stop. */
  readonly summary: string;
  /** Parameters of the query, and what each is for. */
  readonly query?: Readonly<Record<string, string>>;
  /** The message whose fields are parameters of the query besides, those of the path left out. */
  readonly queryOf?: DescMessage;
  readonly takes?: Content;
  /** Nothing where the answer has no body. Several where the request's `Accept` chooses. */
  readonly gives?: Content | readonly Content[];
}

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * How `/v1/openapi.json` tells of the route. `elsewhere` where that is not its place: files of the page, and what other tools' own
     * documents say.
     */
    describes?: Operation | "elsewhere";
  }
}
