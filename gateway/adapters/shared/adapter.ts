import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import type { z } from "zod";
import { describeError, type ErrorInit, invalidArgument, isInternal } from "../../../services/runtime/errors.js";
import { type ErrorForm, replyError } from "../../../services/runtime/http/reply-error.js";
import type { AskCall } from "../../ask/answer.js";
import type { Ask } from "../../ask/ask.js";
import type { BodyLimits } from "../../http/arriving-body.js";
import { noteAudit, tellAudit } from "../../http/audit-requests.js";
import { callOf } from "../../http/call-of.js";
import { JsonLines, serverSentEvents } from "../../http/json-lines.js";
import { callerOf } from "../../http/observe-requests.js";
import type { UnsentAnswers } from "../../http/unsent-answers.js";
import { JsonPieces } from "../../json/json-pieces.js";
import type { Videos } from "../../track/videos.js";
import { withAuditedUploads } from "./audited-uploads.js";
import { type AdapterBody, adapterBody, maxBodyBytes, takeBodies } from "./take-bodies.js";

/** What an adapter is made of: the door to the other tiers, and the limits that hold for all routes. */
export interface AdapterPort {
  readonly ask: Ask;
  readonly bodies: BodyLimits;
  /** Memory that reading a body may take, its pictures aside. */
  readonly jsonBytes: number;
  readonly unsentAnswers: UnsentAnswers;
  readonly videos: Pick<Videos, "turns" | "memoryOf" | "depsFor" | "stopping">;
}

/** One question of a tool's. */
export interface Asked {
  /** What is uploaded by it is told to the audit log. */
  readonly ask: Ask;
  readonly call: AskCall;
  /** So many bytes are kept for it, beside its body. @throws ServiceError RESOURCE_EXHAUSTED when there is no room for them. */
  hold(bytes: number): void;
  /** In which frames of videos are made (Y11). */
  readonly turns: Videos["turns"];
  /** How far back a model looks. */
  readonly memoryOf: Videos["memoryOf"];
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type Config = NonNullable<RouteShorthandOptions["config"]>;

/** The routes of one adapter: each gets its tool's form of errors and of keys. */
export class AdapterRoutes {
  readonly #app: FastifyInstance;
  readonly #port: AdapterPort;
  readonly #config: Config;

  /** @param authorization where the tool carries a key. @param errorForm how the tool reads errors. */
  constructor(
    app: FastifyInstance,
    port: AdapterPort,
    config: { authorization?: Config["authorization"]; errorForm: ErrorForm },
  ) {
    this.#app = app;
    this.#port = port;
    const { authorization, errorForm } = config;
    this.#config = { errorForm, ...(authorization && { authorization }) };
    takeBodies(app, port.bodies, port.jsonBytes);
  }

  /** @param config of this route alone. */
  get(path: string, answer: (asked: Asked) => unknown, config: Config = {}): void {
    this.#app.get(path, { config: { ...this.#config, ...config } }, (request, reply) =>
      this.#answer(request, reply, answer),
    );
  }

  /** @param form of the body; what does not fit is told with its name. */
  post<Form extends z.ZodType>(
    path: string,
    form: Form,
    answer: (asked: Asked, given: z.output<Form>, body: AdapterBody) => unknown,
    config: Config = {},
  ): void {
    this.act(
      path,
      (asked) => {
        const body = adapterBody(asked.request);
        return answer(asked, read(form, body.json), body);
      },
      config,
    );
  }

  /** A POST that says all by its path. */
  act(path: string, answer: (asked: Asked) => unknown, config: Config = {}): void {
    this.#app.post(path, this.#optionsOf(config), (request, reply) => this.#answer(request, reply, answer));
  }

  /**
   * Answers with server-sent events.
   * @param events throws what it is refused with at once. @param config.failed the event of what it ends with later.
   */
  stream<Form extends z.ZodType>(
    path: string,
    form: Form,
    events: (asked: Asked, given: z.output<Form>) => AsyncIterable<object>,
    { failed, ...config }: Config & { failed: (error: ErrorInit) => object },
  ): void {
    const answer = (asked: Asked) => events(asked, read(form, adapterBody(asked.request).json));
    this.#app.post(path, this.#optionsOf(config), (request, reply) => this.#stream(request, reply, answer, failed));
  }

  #optionsOf(config: Config): RouteShorthandOptions {
    return { bodyLimit: maxBodyBytes, config: { ...this.#config, ...config } };
  }

  async #stream(
    request: FastifyRequest,
    reply: FastifyReply,
    events: (asked: Asked) => AsyncIterable<object>,
    failed: (error: ErrorInit) => object,
  ): Promise<FastifyReply> {
    const asking = this.#ask(request, reply);
    let lines: JsonLines | undefined;
    try {
      for await (const event of events(asking.asked)) {
        lines ??= new JsonLines(reply, { form: serverSentEvents });
        if (!lines.tell(event)) await lines.drained();
      }
      return lines?.end() ?? reply.send();
    } catch (error) {
      tellFailure(request, error);
      if (!lines) return replyError(reply, error);
      lines.write(failed(describeError(error)));
      return lines.end();
    } finally {
      asking.release();
    }
  }

  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    answer: (asked: Asked) => unknown,
  ): Promise<FastifyReply> {
    const asking = this.#ask(request, reply);
    try {
      const value = await answer(asking.asked);
      const written = value instanceof Uint8Array ? { pieces: [value], bytes: value.byteLength } : JsonPieces.of(value);
      this.#port.unsentAnswers.hold(reply, written.bytes);
      if (!reply.hasHeader("content-type")) reply.type("application/json; charset=utf-8");
      return reply.header("cache-control", "no-store").send(Buffer.concat(written.pieces, written.bytes));
    } catch (error) {
      tellFailure(request, error);
      return replyError(reply, error);
    } finally {
      asking.release();
    }
  }

  #ask(request: FastifyRequest, reply: FastifyReply): { asked: Asked; release(): void } {
    const { bodies, videos } = this.#port;
    const { key: caller = "", tenant } = callerOf(request) ?? {};
    const memory = bodies.passing.begin({ caller, tenant });
    const hold = (bytes: number) => memory.grow(bytes);
    const ask = withAuditedUploads(this.#port.ask, (object, error) =>
      noteAudit(request, { action: "upload", object, error }),
    );
    const memoryOf = (model: string) => videos.memoryOf(model);
    const asked = { ask, call: callOf(request, reply), hold, turns: videos.turns, memoryOf, request, reply };
    return { asked, release: () => memory.release() };
  }
}

function tellFailure(request: FastifyRequest, error: unknown): void {
  tellAudit(request, { error });
  if (isInternal(error)) request.log.error({ err: error }, "request failed");
}

/** @throws ServiceError INVALID_ARGUMENT that names the first field that is not as it should be. */
function read<Form extends z.ZodType>(form: Form, json: unknown): z.output<Form> {
  const parsed = form.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue?.path.join(".") || "the body";
  throw invalidArgument(`${at}: ${issue?.message ?? "it has another form"}.`);
}
