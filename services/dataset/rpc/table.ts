import { DatasetService } from "../../../proto/index.js";
import type { MethodScopes } from "../../runtime/grpc/serve.js";
import type { UploadBudget } from "../../runtime/limits/upload-budget.js";
import type { Measure } from "../measure.js";
import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import { addPicture } from "./add-picture.js";
import { fetchExport } from "./fetch-export.js";
import { fetchPicture } from "./fetch-picture.js";
import { getThumbnail } from "./get-thumbnail.js";
import type { Handlers } from "./handlers.js";
import type { PictureLimits } from "./read-picture.js";
import { withStarterLimits } from "./starter-limits.js";
import { unary } from "./unary.js";
import { uploadImport } from "./upload-import.js";
import { watchJob } from "./watch-job.js";

interface TableObjects {
  parts: Pick<OnDemand<Parts>, "get">;
  measure: Measure;
  uploads: UploadBudget;
  limits: PictureLimits;
}

/** Who may do one of them may do all. */
export const scopes = Object.fromEntries(
  DatasetService.methods.map(({ localName }) => [localName, "datasets"]),
) as MethodScopes<typeof DatasetService>;

/** What each RPC is asked of. */
export function handlers({ parts, measure, uploads, limits }: TableObjects): Handlers {
  return {
    createDataset: unary(parts, "createDataset", ({ sets }, who, request) => sets.create(who, request)),
    getDataset: unary(parts, "getDataset", ({ sets }, who, request) => sets.get(who, request)),
    listDatasets: unary(parts, "listDatasets", ({ sets }, who, request) => sets.list(who, request)),
    updateDataset: unary(parts, "updateDataset", ({ sets }, who, request) => sets.update(who, request)),
    deleteDataset: unary(parts, "deleteDataset", async ({ sets, purging }, who, request) => {
      const deleted = await sets.delete(who, request);
      purging.begin();
      return deleted;
    }),
    setLabels: unary(parts, "setLabels", ({ sets }, who, request) => sets.setLabels(who, request)),
    createVersion: unary(parts, "createVersion", ({ versions }, who, request) => versions.create(who, request)),
    listVersions: unary(parts, "listVersions", ({ versions }, who, request) => versions.list(who, request)),
    addPicture: addPicture({ parts, measure, uploads, limits }),
    getPicture: unary(parts, "getPicture", ({ pictures }, who, request) => pictures.get(who, request)),
    listPictures: unary(parts, "listPictures", ({ pictures }, who, request) => pictures.list(who, request)),
    nextPictures: unary(parts, "nextPictures", ({ nextPictures }, who, request) => nextPictures.next(who, request)),
    updatePictures: unary(parts, "updatePictures", ({ changePictures }, who, request) =>
      changePictures.update(who, request),
    ),
    deletePictures: unary(parts, "deletePictures", ({ changePictures }, who, request) =>
      changePictures.delete(who, request),
    ),
    fetchPicture: fetchPicture(parts),
    getThumbnail: getThumbnail(parts),
    createSequence: unary(parts, "createSequence", ({ sequences }, who, request) => sequences.create(who, request)),
    addFrames: unary(parts, "addFrames", ({ sequences }, who, request) => sequences.addFrames(who, request)),
    getSequence: unary(parts, "getSequence", ({ sequences }, who, request) => sequences.get(who, request)),
    listSequences: unary(parts, "listSequences", ({ sequences }, who, request) => sequences.list(who, request)),
    updateSequence: unary(parts, "updateSequence", ({ sequences }, who, request) => sequences.update(who, request)),
    deleteSequence: unary(parts, "deleteSequence", ({ sequences }, who, request) => sequences.delete(who, request)),
    listTracks: unary(parts, "listTracks", ({ tracks }, who, request) => tracks.list(who, request)),
    createTrack: unary(parts, "createTrack", ({ tracks }, who, request) => tracks.create(who, request)),
    updateTrack: unary(parts, "updateTrack", ({ tracks }, who, request) => tracks.update(who, request)),
    deleteTrack: unary(parts, "deleteTrack", ({ tracks }, who, request) => tracks.delete(who, request)),
    saveTracks: unary(parts, "saveTracks", ({ saveTracks }, who, request) => saveTracks.save(who, request)),
    listObjects: unary(parts, "listObjects", ({ objects }, who, request) => objects.list(who, request)),
    saveObjects: unary(parts, "saveObjects", ({ objects }, who, request) => objects.save(who, request)),
    listRevisions: unary(parts, "listRevisions", ({ objects }, who, request) => objects.revisions(who, request)),
    nextReviews: unary(parts, "nextReviews", ({ reviews }, who, request) => reviews.next(who, request)),
    reviewObjects: unary(parts, "reviewObjects", ({ reviews }, who, request) => reviews.decide(who, request)),
    startAudit: unary(parts, "startAudit", ({ audits }, who, request) => audits.start(who, request)),
    getAudit: unary(parts, "getAudit", ({ audits }, who, request) => audits.get(who, request)),
    listAudits: unary(parts, "listAudits", ({ audits }, who, request) => audits.list(who, request)),
    listAuditItems: unary(parts, "listAuditItems", ({ audits }, who, request) => audits.items(who, request)),
    finishAuditItem: unary(parts, "finishAuditItem", ({ audits }, who, request) => audits.finish(who, request)),
    getStatistics: unary(parts, "getStatistics", ({ statistics }, who, request) => statistics.get(who, request)),
    startJob: unary(parts, "startJob", ({ jobs }, who, request, context) =>
      jobs.start(who, withStarterLimits(request, context)),
    ),
    uploadImport: uploadImport(parts, limits.pace),
    getJob: unary(parts, "getJob", ({ jobs }, who, request) => jobs.get(who, request)),
    listJobs: unary(parts, "listJobs", ({ jobs }, who, request) => jobs.list(who, request)),
    watchJob: watchJob(parts),
    controlJob: unary(parts, "controlJob", ({ jobs }, who, request) => jobs.control(who, request)),
    listJobProblems: unary(parts, "listJobProblems", ({ jobs }, who, request) => jobs.problems(who, request)),
    fetchExport: fetchExport(parts),
    listReplays: unary(parts, "listReplays", ({ replays }, who, request) => replays.list(who, request)),
    acceptReplays: unary(parts, "acceptReplays", ({ replays }, who, request) => replays.accept(who, request)),
  };
}
