import { create } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  AddPictureHeaderSchema,
  DatasetJobSchema,
  DatasetPictureSchema,
  ImportWorkSchema,
  JobWorkSchema,
  StartJobRequestSchema,
} from "../../../proto/index.js";
import type { DatasetDoor } from "../../ask/datasets.js";
import type { Operation } from "../../describe/operation.js";
import { writeJsonMessage } from "../../json/write-json-message.js";
import { type ArrivingLimits, passOn } from "../arriving-file.js";
import { tellAudit } from "../audit-requests.js";
import { callOf } from "../call-of.js";
import { announcedBytes } from "../upload-body.js";
import { handle } from "./handle.js";
import { putPathFields, type Query, queryMessage } from "./query-message.js";

export interface UploadRoutes extends ArrivingLimits {
  datasets: DatasetDoor;
}

/** An archive may be as large as the tier of data sets takes: that says so itself. */
const anySize = Number.MAX_SAFE_INTEGER;

const descriptions = {
  picture: {
    summary: "Adds a picture",
    queryOf: AddPictureHeaderSchema,
    takes: { file: "The picture's file; nothing where `imageId` names one that is stored." },
    gives: { message: DatasetPictureSchema },
  },
  import: {
    summary: "Begins to import an archive",
    query: { key: "Names the request, so that it can be made again.", person: "Who begins it." },
    queryOf: ImportWorkSchema,
    takes: { file: "The archive." },
    gives: { message: DatasetJobSchema },
  },
};

/** `POST /v1/datasets/:dataset/pictures` and `.../imports` (M3): the file as the body, all else in the query. */
export async function uploadRoutes(app: FastifyInstance, routes: UploadRoutes): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, body, done) => done(null, body));
  const options = (describes: Operation) => ({ bodyLimit: anySize, config: { audit: "dataset", describes } }) as const;
  app.post(
    "/v1/datasets/:dataset/pictures",
    options(descriptions.picture),
    handle((request, reply) => addPicture(routes, request, reply)),
  );
  app.post(
    "/v1/datasets/:dataset/imports",
    options(descriptions.import),
    handle((request, reply) => uploadImport(routes, request, reply)),
  );
}

async function addPicture(routes: UploadRoutes, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const header = queryMessage(AddPictureHeaderSchema, request.query as Query);
  putPathFields(AddPictureHeaderSchema, header, request.params as Query);
  const call = callOf(request, reply);
  // Of one that is stored already nothing need come.
  const isBare = header.imageId !== "" && announcedBytes(request) === 0 && !request.headers["transfer-encoding"];
  const picture = isBare
    ? await routes.datasets.addPicture(header, undefined, call)
    : await passOn(routes, request, (file) => routes.datasets.addPicture(header, file, call));
  tellAudit(request, { object: picture.image?.imageId ?? "" });
  return reply.send(writeJsonMessage(DatasetPictureSchema, picture));
}

async function uploadImport(routes: UploadRoutes, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { key, person, ...work } = request.query as Record<string, string>;
  const asked = queryMessage(StartJobRequestSchema, { key, person });
  const start = create(StartJobRequestSchema, {
    ...asked,
    work: create(JobWorkSchema, { work: { case: "import", value: queryMessage(ImportWorkSchema, work) } }),
  });
  putPathFields(StartJobRequestSchema, start, request.params as Query);
  const call = callOf(request, reply);
  const job = await passOn({ ...routes, maxImageBytes: anySize }, request, (file) =>
    routes.datasets.uploadImport(start, file, call),
  );
  tellAudit(request, { object: `import ${job.id}` });
  return reply.send(writeJsonMessage(DatasetJobSchema, job));
}
