import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { DatasetService } from "../../../proto/index.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import type { Who } from "../who.js";
import { checkLists } from "./check-lists.js";
import type { Handlers } from "./handlers.js";
import { whoOf } from "./who.js";

type Methods = (typeof DatasetService)["method"];
type Unary = { [Name in keyof Methods]: Methods[Name]["methodKind"] extends "unary" ? Name : never }[keyof Methods];
type RequestOf<Name extends Unary> = Parameters<Handlers[Name]>[0];
type AnswerOf<Name extends Unary> = ReturnType<Handlers[Name]>;

/** An RPC with one request and one answer: of whom it is, within its limits, and told to the audit log where it changes something. */
export function unary<Name extends Unary>(
  parts: Pick<OnDemand<Parts>, "get">,
  name: Name,
  answer: (parts: Parts, who: Who, request: RequestOf<Name>, context: CallContext) => AnswerOf<Name>,
): Handlers[Name] {
  const method = DatasetService.method[name];
  const changes = method.idempotency !== Idempotency.NO_SIDE_EFFECTS;
  const handle = async (request: RequestOf<Name>, context: CallContext) => {
    const { origin, audited } = context;
    checkLists(method.input, request as never);
    const who = whoOf(origin, (request as { person?: string }).person);
    const { dataset = "" } = request as { dataset?: string };
    if (changes) audited.does("dataset", `${method.name} ${dataset}`.trim());
    return answer(await parts.get(), who, request, context);
  };
  return handle as unknown as Handlers[Name];
}
