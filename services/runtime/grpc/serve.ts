import { type EventEmitter, once, setMaxListeners } from "node:events";
import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type {
  Server,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
} from "@grpc/grpc-js";
import { type Audit, noAudit } from "../audit/audit.js";
import { type Access, accessEnded, openAccess, unauthenticated } from "../callers/access.js";
import { anyone, type Principal, type Scope } from "../callers/principal.js";
import { noQuota, type Quota, type QuotaName, type Taken, takeQuota } from "../callers/quota.js";
import { Code, isAbort, isInternal, ServiceError } from "../errors.js";
import type { Logger } from "../logger.js";
import { logFields, type Origin } from "../tracing/origin.js";
import type { Span } from "../tracing/spans.js";
import { admitCall, type CallRules } from "./admit-call.js";
import { AuditedCall } from "./audited-call.js";
import type { Call } from "./call.js";
import { receiveCall } from "./call-origin.js";
import { codecOf } from "./codec.js";
import { Messages } from "./messages.js";
import { serviceDefinition } from "./service-definition.js";
import { toStatus } from "./status.js";
import { Unreadable } from "./unreadable.js";

/** A call as its handler has it. Its signal aborts also when the server is forced to stop. */
export interface CallContext extends Call {
  readonly origin: Origin;
  /** Who calls; of a gateway's call, the gateway. */
  readonly principal: Principal;
  /** The call's own; of a stream whose messages carry their own trace context, none. */
  readonly span: Span;
  /** Says with every line whom the call is for. */
  readonly logger: Logger;
  /**
   * Counts what the call takes of its principal's limits. Of a gateway's call nothing: that has counted already.
   * @throws ServiceError RESOURCE_EXHAUSTED
   */
  take(name: QuotaName, amount: number): Taken;
  /** Where the call says what it is, for the audit log, and which of its requests were refused. */
  readonly audited: Pick<AuditedCall, "does" | "ended">;
}

/** Sends one message of a stream; resolves when the peer can take more. */
export type Send<T> = (message: T) => Promise<void>;

type Implementation<M> =
  M extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, context: CallContext) => Promise<MessageInitShape<O>>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, send: Send<MessageInitShape<O>>, context: CallContext) => Promise<void>
      : M extends DescMethodBiDiStreaming<infer I, infer O>
        ? (
            requests: AsyncIterable<MessageShape<I>>,
            send: Send<MessageInitShape<O>>,
            context: CallContext,
          ) => Promise<void>
        : M extends DescMethodClientStreaming<infer I, infer O>
          ? (requests: AsyncIterable<MessageShape<I>>, context: CallContext) => Promise<MessageInitShape<O>>
          : never;

/** What a service has to provide: a function a method. Throwing ends the call with the error's status. */
export type ServiceImplementation<S extends DescService> = { [K in keyof S["method"]]: Implementation<S["method"][K]> };

/** What each method needs of who calls it. */
export type MethodScopes<S extends DescService> = { [K in keyof S["method"]]: Scope };

interface Options<S extends DescService = DescService> {
  scopes: MethodScopes<S>;
  /** Who may call; left out, nobody is asked. */
  access?: Access;
  /** What they may take; left out, all. */
  quota?: Quota;
  /** Where calls are told of that come by no gateway; left out, they are not. */
  audit?: Audit;
  /** Joins every call's signal: aborted when the server is forced to stop. */
  signal: AbortSignal;
  logger: Logger;
  /** Told of every call that ends without its answer. */
  onRefused?: (operation: string, error: unknown) => void;
  /** See `CallRules`. */
  trustsPeers?: boolean;
  /** See `CallRules`. */
  asksCertificates?: boolean;
}

type Rules = CallRules & { readonly quota: Quota; readonly audit: Audit };

/** Adds a service to the server. The one place where errors of handlers become gRPC statuses. */
export function serve<S extends DescService>(
  server: Pick<Server, "addService">,
  service: S,
  implementation: ServiceImplementation<S>,
  options: Options<S>,
): void {
  const scopes: Record<string, Scope> = options.scopes;
  const rules: Rules = {
    access: options.access ?? openAccess,
    quota: options.quota ?? noQuota,
    audit: options.audit ?? noAudit,
    trustsPeers: options.trustsPeers ?? false,
    asksCertificates: options.asksCertificates ?? false,
    scopeOf: ({ localName }) => scopes[localName] ?? "admin",
  };
  const handlers: Record<string, unknown> = {};
  for (const method of service.methods) {
    const handle = (implementation as Record<string, (...args: never[]) => Promise<unknown>>)[method.localName];
    if (!handle) throw new Error(`${service.typeName}.${method.name} has no implementation`);
    handlers[method.localName] = adapt(method, handle as never, options, rules);
  }
  server.addService(serviceDefinition(service), handlers as never);
}

type OneAnswerCall = ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>;
type AnyCall = OneAnswerCall | ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

function adapt(
  method: DescMethod,
  handle: (...args: unknown[]) => Promise<unknown>,
  options: Pick<Options, "signal" | "logger" | "onRefused">,
  rules: Rules,
) {
  const report = (error: unknown, { logger }: CallContext) => {
    if (isInternal(error)) logger.error({ err: error, method: method.name }, "call failed");
    options.onRefused?.(method.name, error);
  };
  if (method.methodKind === "unary" || method.methodKind === "client_streaming") {
    return async (call: OneAnswerCall, done: sendUnaryData<unknown>) => {
      const scope = callScope(call, method, options, rules);
      try {
        await scope.admitted();
        done(null, codecOf(method.output).create((await handle(inputOf(call, method), scope.context)) as never));
        scope.ended();
      } catch (error) {
        const cause = scope.explain(error);
        report(cause, scope.context);
        scope.ended(cause);
        done(toStatus(cause));
      } finally {
        scope.close();
      }
    };
  }
  return async (call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>) => {
    const scope = callScope(call, method, options, rules);
    // Shared by all that wait: one listener, however many answers a handler sends at once.
    let drained: Promise<void> | undefined;
    let isOver = false;
    const { signal } = scope.context;
    const send: Send<unknown> = (message) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      // Written behind its end, it would take the call's status with it.
      if (isOver) return Promise.reject(cancelled());
      if (call.write(codecOf(method.output).create(message as never))) return taken;
      drained ??= once(call, "drain", { signal }).then(
        () => {
          drained = undefined;
        },
        (error: unknown) => {
          drained = undefined;
          throw error;
        },
      );
      return drained;
    };
    try {
      await scope.admitted();
      await handle(inputOf(call, method), send, scope.context);
      isOver = true;
      call.end();
      scope.ended();
    } catch (error) {
      isOver = true;
      const cause = scope.explain(error);
      report(cause, scope.context);
      scope.ended(cause);
      call.emit("error", toStatus(cause));
    } finally {
      scope.close();
    }
  };
}

const taken = Promise.resolve();

/** The one request, or the requests as they come. */
function inputOf(call: AnyCall, { methodKind }: DescMethod): unknown {
  if (methodKind === "unary" || methodKind === "server_streaming") {
    const { request } = call as ServerUnaryCall<unknown, unknown>;
    if (request instanceof Unreadable) throw request.error;
    return request;
  }
  // A handler that stops reading early can still answer: leaving the loop keeps the stream.
  return new Messages(call as ServerReadableStream<unknown, unknown>, {
    failure: (ended) => (ended ? undefined : cancelled()),
    faultOf: (request) => (request instanceof Unreadable ? request.error : undefined),
  });
}

/** Joins hang-up, deadline and shutdown into one signal, and says which it was. */
function callScope(
  call: AnyCall,
  method: DescMethod,
  { signal: shutdown, logger }: Pick<Options, "signal" | "logger">,
  rules: Rules,
) {
  const controller = new AbortController();
  // Every prompt of a stream listens to it.
  setMaxListeners(0, controller.signal);
  let why: ServiceError | undefined;
  const abort = (error?: ServiceError) => {
    why ??= error;
    controller.abort();
  };
  const onShutdown = () =>
    abort(new ServiceError({ code: Code.UNAVAILABLE, message: "The service is stopping.", retryAfterMs: 1000 }));
  if (shutdown.aborted) onShutdown();
  shutdown.addEventListener("abort", onShutdown);
  (call as EventEmitter).on("cancelled", () => abort());
  // A peer that vanished shows as an error on the stream; the signal already says so.
  (call as EventEmitter).on("error", () => {});
  if (call.cancelled) abort();
  const { origin, span } = receiveCall(method, call);
  let taker = anyone;
  let caller: Principal = anyone;
  let own: Logger | undefined;
  const audited = new AuditedCall(rules.audit, method, call, origin);
  const context: CallContext = {
    signal: controller.signal,
    origin,
    get principal() {
      return caller;
    },
    span,
    get logger() {
      own ??= logger.child(logFields(origin, span));
      return own;
    },
    take: (name, amount) => takeQuota(rules.quota, taker, name, amount),
    audited,
  };
  let stopWatching = () => {};
  return {
    context,
    /** Until who calls is known, and may. @throws ServiceError when they may not. */
    async admitted(): Promise<void> {
      const admitting = admitCall(method, call, rules, (known) => audited.known(known));
      const admitted = admitting instanceof Promise ? await admitting : admitting;
      const { principal, on } = admitted;
      audited.admitted(admitted);
      Object.assign(origin, on);
      caller = principal;
      if (!principal.scopes.has("peer")) taker = principal;
      context.take("requestsPerSecond", 1);
      stopWatching = rules.access.watch(principal, () => abort(unauthenticated(accessEnded)));
    },
    ended: (cause?: unknown) => {
      span.end(cause);
      audited.ended(cause);
    },
    explain: (error: unknown) => (controller.signal.aborted && isEndOfCall(error) ? (why ?? cancelled()) : error),
    close: () => {
      stopWatching();
      shutdown.removeEventListener("abort", onShutdown);
    },
  };
}

/** How a handler fails when its call is over: by the signal, by what it waited for, or by the requests it read. */
function isEndOfCall(error: unknown): boolean {
  return isAbort(error) || (error instanceof ServiceError && error.code === Code.CANCELLED);
}

const cancelled = () => new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });
