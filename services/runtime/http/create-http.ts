import { createServer, METHODS, type ServerOptions, type ServerResponse } from "node:http";
import { type Duplex, Readable } from "node:stream";
import fastify, {
  errorCodes,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { AuditAction } from "../audit/audit.js";
import { Code, type ErrorInit, isInternal, ServiceError } from "../errors.js";
import type { Logger } from "../logger.js";
import { AllowedMethods } from "./allowed-methods.js";
import { AnswersOwed } from "./answers-owed.js";
import { describeFault } from "./describe-fault.js";
import { discardRest } from "./discard-rest.js";
import { leaveUnread } from "./leave-unread.js";
import { answerRaw } from "./raw-answer.js";
import { refuseUnreadable } from "./refuse-unreadable.js";
import { errorBody, replyError } from "./reply-error.js";
import { safeHeaders } from "./safe-headers.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered to anybody, also where callers are asked who they are: it tells nothing of anybody's pictures. */
    isPublic?: boolean;
    /** What the audit log says was done there. */
    audit?: AuditAction;
  }
}

export interface Http {
  readonly app: FastifyInstance;
  readonly owed: AnswersOwed;
  readonly allowed: AllowedMethods;
}

/** Requests of one connection that wait for their answers: clients that send ahead at all send a few. */
const mostOwed = 32;
const pipeliningRetryMs = 1000;
/** Ids are of 71 characters; what is longer is told so, and not that the path is none. */
const maxParamLength = 1024;

/** An HTTP/1.1 server all of whose refusals have one form (H3, H12), whoever makes them: routes, router, parser or clock. */
export function createHttp(logger: Logger, options: ServerOptions = {}): Http {
  const owed = new AnswersOwed();
  const refused = new WeakSet<Duplex>();
  const close = (socket: Duplex) => {
    refused.add(socket);
    leaveUnread(socket);
  };
  // What is asked before all routes are there: without its hooks one ends the process, and clients come back to a port at once.
  let early: (() => void)[] | undefined = [];
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    return503OnClosing: false,
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength },
    // Below, in our own form.
    http: { ...options, requireHostHeader: false },
    frameworkErrors: (error, _request, reply) => {
      const { status, told } = describeFault(error, 0);
      replyError(reply, told, status);
    },
    serverFactory: (handle, { http }) =>
      createServer(http as ServerOptions, (request, response) => {
        const { socket } = request;
        // What was sent behind one that was refused has no answer to come.
        if (refused.has(socket)) return;
        owed.add(socket, response);
        for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value);
        response.once("finish", () => {
          if (!request.complete) discardRest(request);
        });
        if (owed.count(socket) <= mostOwed) {
          if (early === undefined) handle(request, response);
          else early.push(() => handle(request, response));
          return;
        }
        close(socket);
        const message = `At most ${mostOwed} requests of a connection may wait for their answers.`;
        const error = { code: Code.RESOURCE_EXHAUSTED, message, retryAfterMs: pipeliningRetryMs };
        answer(response, 429, error, { connection: "close", "retry-after": pipeliningRetryMs / 1000 });
      }),
    clientErrorHandler: (error, socket) => void refuseUnreadable(error, socket, owed),
  });
  app.server.on("checkExpectation", (_request, response) => {
    const message = "No other expectation than 100-continue can be met.";
    answer(response, 417, { code: Code.INVALID_ARGUMENT, message });
  });
  app.server.on("connect", (_request, socket) => {
    answerRaw(socket, 405, { code: Code.UNIMPLEMENTED, message: "This is no proxy." });
  });
  app.addHook("onReady", (done) => {
    const waiting = early ?? [];
    early = undefined;
    for (const handle of waiting) handle();
    done();
  });
  // Of an answer that stood behind others and is closed already nobody would end what it is read from.
  app.addHook<unknown>("onSend", (_request, reply, payload, done) => {
    if (!reply.raw.destroyed || !(payload instanceof Readable)) return done();
    payload.destroy();
    done(null, "");
  });
  const allowed = new AllowedMethods();
  app.addHook("onRoute", ({ url, method }) => {
    for (const one of [method].flat()) allowed.add(url, one);
  });
  for (const method of METHODS) {
    if (method !== "CONNECT" && !app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  }
  // A route that takes bodies says of which kind; nobody else's body is read.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, _body, done) =>
    done(request.is404 ? null : new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(request.headers["content-type"])),
  );
  app.addHook("onRequest", (request, reply, done) => {
    if (request.headers.host !== undefined || request.raw.httpVersion === "1.0") return done();
    const message = "The request has no Host header.";
    replyError(reply, new ServiceError({ code: Code.INVALID_ARGUMENT, message }), 400);
  });
  app.addHook("onRequest", (request, reply, done) => {
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (request.is404 || encoding.toLowerCase() === "identity") return done();
    const message = "Bodies are taken as they are: send it without a Content-Encoding.";
    replyError(reply, new ServiceError({ code: Code.INVALID_ARGUMENT, message }), 415);
  });
  // An answer that closes its connection is the last.
  app.addHook("onSend", (request, reply, _payload, done) => {
    if (reply.getHeader("connection") === "close") close(request.raw.socket);
    done();
  });
  app.setNotFoundHandler((request, reply) => answerUnknown(request, reply, allowed));
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { status, told } = describeFault(error, request.routeOptions.bodyLimit);
    if (isInternal(told)) logger.error({ err: error, path: request.routeOptions.url }, "request failed");
    return replyError(reply, told, status);
  });
  return { app, owed, allowed };
}

function answer(response: ServerResponse, status: number, error: ErrorInit, headers = {}): void {
  const body = JSON.stringify({ error: errorBody(error) });
  const described = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...safeHeaders, ...described, ...headers }).end(body);
}

function answerUnknown(request: FastifyRequest, reply: FastifyReply, allowed: AllowedMethods): FastifyReply {
  const [path = ""] = request.url.split("?");
  const methods = allowed.of(path);
  if (request.method === "OPTIONS" && (methods.length > 0 || path === "*")) {
    if (methods.length > 0) reply.header("allow", methods.join(", "));
    return reply.code(204).send();
  }
  if (methods.length === 0) {
    return replyError(reply, new ServiceError({ code: Code.NOT_FOUND, message: "There is nothing at this path." }));
  }
  reply.header("allow", methods.join(", "));
  const message = `This path takes ${methods.join(", ")}, not ${request.method}.`;
  return replyError(reply, new ServiceError({ code: Code.UNIMPLEMENTED, message }), 405);
}
