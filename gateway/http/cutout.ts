import { create } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Rle, SegmentRequestSchema } from "../../proto/index.js";
import { Code, isInternal, ServiceError } from "../../services/runtime/errors.js";
import { discardRest } from "../../services/runtime/http/discard-rest.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask } from "../ask/ask.js";
import { type ArrivingLimits, passOn } from "./arriving-file.js";
import { tellAudit } from "./audit-requests.js";
import { callOf } from "./call-of.js";
import { type PromptQuery, promptOf, promptParameters } from "./prompt-of-query.js";
import type { UnsentAnswers } from "./unsent-answers.js";

interface CutoutRoute extends ArrivingLimits {
  ask: Ask;
  unsentAnswers: UnsentAnswers;
}

type CutoutQuery = { Querystring: PromptQuery & { readonly model?: string } };

const describes = {
  summary: "Cuts the object that a prompt describes out of the picture that is sent",
  query: { ...promptParameters, model: "The id of a model that is served; the usual one when left out." },
  takes: { file: "The picture's file, or a form with one." },
  gives: { file: "The object on transparency, no larger than its bounding box.", type: "image/png" },
};

/** `POST /v1/cutout` (H26). */
export async function cutoutRoute(app: FastifyInstance, route: CutoutRoute): Promise<void> {
  // As at `/v1/images`: what it really is shows in its bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, body, done) => done(null, body));
  const options = { bodyLimit: Number.MAX_SAFE_INTEGER, config: { audit: "upload", describes } } as const;
  app.post<CutoutQuery>("/v1/cutout", options, async (request, reply) => {
    try {
      const file = await cutOut(route, request, callOf(request, reply));
      route.unsentAnswers.hold(reply, file.byteLength);
      return reply.header("cache-control", "no-store").type("image/png").send(file);
    } catch (error) {
      return refuse(request, reply, error);
    }
  });
}

/** Who asks has the picture, since they send all of it: its digest is reckoned from what has come, never taken from them. */
async function cutOut(route: CutoutRoute, request: FastifyRequest<CutoutQuery>, call: AskCall): Promise<Buffer> {
  const { model = "", ...query } = request.query;
  const prompt = promptOf(query);
  const { ask } = route;
  const header = { imageId: "", model };
  const { image } = await passOn(route, request, (file) => ask.upload({ header, ...file }, call));
  const { imageId = "" } = image ?? {};
  tellAudit(request, { object: imageId });
  const { masks } = await ask.segment(create(SegmentRequestSchema, { imageId, model, prompt }), call);
  const [best] = masks;
  if (!best?.rle || best.area === 0) throw nothingThere();
  return ask.cutOut({ imageId, rle: best.rle satisfies Rle }, call);
}

const nothingThere = () =>
  new ServiceError({ code: Code.NOT_FOUND, message: "There is nothing to cut out. Try another point." });

function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  tellAudit(request, { error });
  if (isInternal(error)) request.log.error({ err: error }, "request failed");
  if (!request.raw.complete) discardRest(request.raw);
  return replyError(reply, error);
}
