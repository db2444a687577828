import type { IncomingMessage } from "node:http";
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { datasetRoutes } from "../../../../gateway/http/datasets/routes.js";
import {
  type DatasetJob,
  DatasetJobSchema,
  type DatasetPicture,
  DatasetPictureSchema,
} from "../../../../proto/index.js";
import { CommandError } from "../command-error.js";
import { type Body, lines, request, text } from "../http-request.js";

const whereKeysGo = "The command line takes it from a file, by --key-file or MASKWIRE_KEY_FILE, or from MASKWIRE_KEY.";

/** What a gateway refuses, with its own sentence. */
export class RefusedError extends CommandError {
  readonly code: string;
  /** Empty where the code says all. */
  readonly reason: string;
  /** When a repeat makes sense, after how long. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    { exitCode, retryAfterMs, reason = "" }: { exitCode: 1 | 2; retryAfterMs: number | undefined; reason?: string },
  ) {
    super(message, exitCode);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A gateway's data sets as the command uses them. Every method throws CommandErrors. */
export class DatasetClient {
  readonly #url: string;
  /** As it may be shown: some addresses have a password. */
  readonly #host: string;
  readonly #headers: Record<string, string>;

  /** @param url without a slash at its end. @param key what shows who asks, where the gateway wants to know. */
  constructor(url: string, key?: string) {
    this.#url = `${url}/v1/datasets`;
    this.#host = new URL(url).origin;
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** A method that the gateway has a route for. */
  async ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    init: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const route = datasetRoutes.find(({ rpc }) => (rpc as DescMethodUnary) === method);
    if (!route) throw new Error(`${method.name} has no route`);
    const fields = toJson(method.input, create(method.input, init)) as JsonObject;
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
      const value = fields[name];
      delete fields[name];
      return encodeURIComponent(String(value ?? ""));
    });
    const isQuery = route.method === "GET" || route.method === "DELETE";
    const url = `${this.#url}${path}${isQuery ? query(fields) : ""}`;
    const body = isQuery ? {} : { body: new TextEncoder().encode(JSON.stringify(fields)) };
    const answer = await request(url, { method: route.method, headers: this.#headers, ...body });
    return this.#read(method.output, await text(answer, url));
  }

  async addPicture(dataset: string, fields: Record<string, string>, body: Body): Promise<DatasetPicture> {
    const url = `${this.#url}/${encodeURIComponent(dataset)}/pictures${query(fields)}`;
    const answer = await request(url, { method: "POST", headers: this.#headers, body });
    return this.#read(DatasetPictureSchema, await text(answer, url));
  }

  async uploadImport(
    dataset: string,
    fields: JsonObject,
    body: Body,
    onSent: (bytes: number) => void,
  ): Promise<DatasetJob> {
    const url = `${this.#url}/${encodeURIComponent(dataset)}/imports${query(fields)}`;
    const answer = await request(url, { method: "POST", headers: this.#headers, body, onSent });
    return this.#read(DatasetJobSchema, await text(answer, url));
  }

  /** What a job is at, now and whenever that has changed, until it has ended. */
  async *watch(dataset: string, job: string): AsyncGenerator<DatasetJob> {
    const url = `${this.#url}/${encodeURIComponent(dataset)}/jobs/${encodeURIComponent(job)}/watch`;
    const answer = await request(url, { method: "GET", headers: this.#headers });
    for await (const line of lines(answer, url)) yield this.#read(DatasetJobSchema, line);
  }

  /** A job's file from an offset on; its body is to be read. */
  async file(dataset: string, job: string, offset: number): Promise<IncomingMessage> {
    const url = `${this.#url}/${encodeURIComponent(dataset)}/jobs/${encodeURIComponent(job)}/file`;
    const headers = offset === 0 ? this.#headers : { ...this.#headers, range: `bytes=${offset}-` };
    const answer = await request(url, { method: "GET", headers });
    if (answer.statusCode === (offset === 0 ? 200 : 206)) return answer;
    throw refusalIn(await text(answer, url)) ?? this.#noMaskwire();
  }

  #read<S extends DescMessage>(schema: S, body: string): MessageShape<S> {
    const refusal = refusalIn(body);
    if (refusal) throw refusal;
    try {
      return fromJson(schema, JSON.parse(body) as JsonValue, { ignoreUnknownFields: true });
    } catch (cause) {
      throw this.#noMaskwire(cause);
    }
  }

  #noMaskwire(cause?: unknown): CommandError {
    return new CommandError(`${this.#host} answers, but not as Maskwire does.`, 1, cause);
  }
}

/** The fields of a message, as parameters: those of messages in it with dots. */
function query(fields: JsonObject): string {
  const parameters = new URLSearchParams();
  const put = (value: JsonValue, name: string) => {
    if (Array.isArray(value)) for (const one of value) put(one, name);
    else if (typeof value === "object" && value !== null) {
      for (const [key, one] of Object.entries(value)) put(one, `${name}.${key}`);
    } else parameters.append(name, String(value));
  };
  for (const [name, value] of Object.entries(fields)) put(value, name);
  return parameters.size === 0 ? "" : `?${parameters}`;
}

/** The error that a body carries (rule H3), if it carries one. What is wrong with the request itself is bad usage. */
function refusalIn(body: string): RefusedError | undefined {
  let error: { code?: string; message?: string; reason?: string; retryAfterMs?: number } | undefined;
  try {
    error = JSON.parse(body)?.error;
  } catch {
    return undefined;
  }
  if (typeof error?.message !== "string") return undefined;
  const { code = "", message, reason, retryAfterMs } = error;
  const sentence = code === "UNAUTHENTICATED" ? `${message} ${whereKeysGo}` : message;
  const exitCode = code === "INVALID_ARGUMENT" && !reason ? 2 : 1;
  return new RefusedError(code, sentence, { exitCode, retryAfterMs, ...(reason === undefined ? {} : { reason }) });
}
