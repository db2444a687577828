import { create, type DescMethodUnary } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { requestBytes } from "../../../proto/index.js";
import type { AskCall } from "../../ask/answer.js";
import type { DatasetDoor } from "../../ask/datasets.js";
import type { Operation } from "../../describe/operation.js";
import type { JsonReader } from "../../json/json-reader.js";
import { writeJsonMessage } from "../../json/write-json-message.js";
import type { BodyLimits } from "../arriving-body.js";
import { tellAudit } from "../audit-requests.js";
import { bodyOf } from "../body-of.js";
import { callOf } from "../call-of.js";
import { jsonBody } from "../json-body.js";
import type { UnsentAnswers } from "../unsent-answers.js";
import { takeWholeBodies } from "../whole-body.js";
import { handle } from "./handle.js";
import { putPathFields, type Query, queryMessage } from "./query-message.js";
import { type DatasetRoute, isRead, datasetRoutes as table } from "./routes.js";

export interface MessageRoutes {
  datasets: DatasetDoor;
  json: JsonReader;
  bodies: BodyLimits;
  unsentAnswers: UnsentAnswers;
}

/** Bodies are text, where a mask's counts are as long as in the message; numbers and names take more. */
const jsonBytes = 2;

/** Every route of the table (M2). */
export async function messageRoutes(app: FastifyInstance, routes: MessageRoutes): Promise<void> {
  const { datasets, json, bodies, unsentAnswers } = routes;
  takeWholeBodies(app, bodies);
  for (const { method, path, rpc } of table) {
    const { input, output } = rpc;
    const url = `/v1/datasets${path}`;
    const bodyLimit = jsonBytes * requestBytes(`/${rpc.parent.typeName}/${rpc.name}`);
    app.route({
      method,
      url,
      bodyLimit,
      config: { ...(isRead(rpc) ? {} : { audit: "dataset" }), describes: describe(method, rpc) },
      handler: handle(async (request, reply) => {
        tellAudit(request, { object: `${rpc.name} ${(request.params as { dataset?: string }).dataset ?? ""}`.trim() });
        const call = callOf(request, reply);
        datasets.check(call);
        const message = await messageOf(json, { method, input }, request, call);
        const answered = await datasets.unary(rpc as DescMethodUnary, message, call);
        const answer = Buffer.from(JSON.stringify(writeJsonMessage(output, answered as never)));
        unsentAnswers.hold(reply, answer.byteLength);
        return reply.header("cache-control", "no-store").type("application/json; charset=utf-8").send(answer);
      }),
    });
  }
}

function describe(method: DatasetRoute["method"], { name, input, output }: DatasetRoute["rpc"]): Operation {
  const summary = name.replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const takes = isQuery(method) ? { queryOf: input } : { takes: { message: input } };
  return { summary, ...takes, gives: { message: output } };
}

const isQuery = (method: DatasetRoute["method"]) => method === "GET" || method === "DELETE";

async function messageOf(
  json: JsonReader,
  { method, input }: { method: DatasetRoute["method"]; input: DatasetRoute["rpc"]["input"] },
  request: FastifyRequest,
  call: AskCall,
) {
  const message = isQuery(method)
    ? queryMessage(input, request.query as Query)
    : bodyOf(request).byteLength === 0
      ? // What says nothing more than its path may have no body.
        create(input)
      : await jsonBody(json, input, request, call);
  putPathFields(input, message, request.params as Query);
  return message;
}
