import type { DescMethod } from "@bufbuild/protobuf";
import { DatasetService } from "../../../proto/index.js";

const rpc = DatasetService.method;

type UnaryMethod = Extract<(typeof rpc)[keyof typeof rpc], { methodKind: "unary" }>;

/** A route, and the method that answers it. */
export interface DatasetRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below /v1/datasets. A parameter is the request's field of that name. */
  readonly path: string;
  readonly rpc: UnaryMethod;
}

const set = "/:dataset";
const picture = `${set}/pictures/:picture`;
const sequence = `${set}/sequences/:sequence`;
const audit = `${set}/audits/:audit`;
const job = `${set}/jobs/:job`;

/**
 * HTTP of data sets, all but files and what is watched (M2). GET and DELETE take the request's fields as parameters of the query, the others as
 * protobuf JSON in their body; what the path names is none of either.
 */
export const datasetRoutes: readonly DatasetRoute[] = [
  { method: "GET", path: "", rpc: rpc.listDatasets },
  { method: "POST", path: "", rpc: rpc.createDataset },
  { method: "GET", path: set, rpc: rpc.getDataset },
  { method: "PATCH", path: set, rpc: rpc.updateDataset },
  { method: "DELETE", path: set, rpc: rpc.deleteDataset },
  { method: "PUT", path: `${set}/labels`, rpc: rpc.setLabels },
  { method: "GET", path: `${set}/versions`, rpc: rpc.listVersions },
  { method: "POST", path: `${set}/versions`, rpc: rpc.createVersion },
  { method: "GET", path: `${set}/pictures`, rpc: rpc.listPictures },
  { method: "PATCH", path: `${set}/pictures`, rpc: rpc.updatePictures },
  { method: "GET", path: `${set}/pictures/next`, rpc: rpc.nextPictures },
  { method: "POST", path: `${set}/pictures/delete`, rpc: rpc.deletePictures },
  { method: "GET", path: picture, rpc: rpc.getPicture },
  { method: "GET", path: `${set}/sequences`, rpc: rpc.listSequences },
  { method: "POST", path: `${set}/sequences`, rpc: rpc.createSequence },
  { method: "GET", path: sequence, rpc: rpc.getSequence },
  { method: "PATCH", path: sequence, rpc: rpc.updateSequence },
  { method: "DELETE", path: sequence, rpc: rpc.deleteSequence },
  { method: "POST", path: `${sequence}/frames`, rpc: rpc.addFrames },
  { method: "GET", path: `${sequence}/tracks`, rpc: rpc.listTracks },
  { method: "POST", path: `${sequence}/tracks`, rpc: rpc.createTrack },
  { method: "POST", path: `${sequence}/masks`, rpc: rpc.saveTracks },
  { method: "PATCH", path: `${set}/tracks/:track`, rpc: rpc.updateTrack },
  { method: "DELETE", path: `${set}/tracks/:track`, rpc: rpc.deleteTrack },
  { method: "GET", path: `${set}/objects`, rpc: rpc.listObjects },
  { method: "POST", path: `${set}/objects`, rpc: rpc.saveObjects },
  { method: "GET", path: `${set}/objects/:object/revisions`, rpc: rpc.listRevisions },
  { method: "GET", path: `${set}/reviews/next`, rpc: rpc.nextReviews },
  { method: "POST", path: `${set}/reviews`, rpc: rpc.reviewObjects },
  { method: "GET", path: `${set}/audits`, rpc: rpc.listAudits },
  { method: "POST", path: `${set}/audits`, rpc: rpc.startAudit },
  { method: "GET", path: audit, rpc: rpc.getAudit },
  { method: "GET", path: `${audit}/items`, rpc: rpc.listAuditItems },
  { method: "POST", path: `${audit}/items/:object/finish`, rpc: rpc.finishAuditItem },
  { method: "GET", path: `${set}/statistics`, rpc: rpc.getStatistics },
  { method: "GET", path: `${set}/jobs`, rpc: rpc.listJobs },
  { method: "POST", path: `${set}/jobs`, rpc: rpc.startJob },
  { method: "GET", path: job, rpc: rpc.getJob },
  { method: "POST", path: `${job}/control`, rpc: rpc.controlJob },
  { method: "GET", path: `${job}/problems`, rpc: rpc.listJobProblems },
  { method: "GET", path: `${job}/replays`, rpc: rpc.listReplays },
  { method: "POST", path: `${job}/replays/accept`, rpc: rpc.acceptReplays },
];

/** Whether a method only looks: what changes something is told of in the audit log. */
export const isRead = ({ name }: DescMethod) => /^(Get|List|Next)/.test(name);
