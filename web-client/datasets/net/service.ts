import { create, type DescMessage, type JsonObject, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import {
  AcceptReplaysRequestSchema,
  AcceptReplaysResponseSchema,
  AddFramesRequestSchema,
  AuditItemSchema,
  AuditSchema,
  ControlJobRequestSchema,
  CreateDatasetRequestSchema,
  CreateSequenceRequestSchema,
  CreateVersionRequestSchema,
  DatasetJobSchema,
  DatasetPictureSchema,
  DatasetSchema,
  DatasetSequenceSchema,
  DatasetStatisticsSchema,
  DatasetTrackSchema,
  DatasetVersionSchema,
  DeleteDatasetRequestSchema,
  DeleteDatasetResponseSchema,
  DeletePicturesRequestSchema,
  DeletePicturesResponseSchema,
  FinishAuditItemRequestSchema,
  GetThumbnailRequestSchema,
  ImportWorkSchema,
  ListAuditItemsRequestSchema,
  ListAuditItemsResponseSchema,
  ListAuditsResponseSchema,
  ListDatasetsRequestSchema,
  ListDatasetsResponseSchema,
  ListJobProblemsRequestSchema,
  ListJobProblemsResponseSchema,
  ListJobsRequestSchema,
  ListJobsResponseSchema,
  ListObjectsRequestSchema,
  ListObjectsResponseSchema,
  ListPicturesRequestSchema,
  ListPicturesResponseSchema,
  ListReplaysRequestSchema,
  ListReplaysResponseSchema,
  ListSequencesRequestSchema,
  ListSequencesResponseSchema,
  ListTracksRequestSchema,
  ListTracksResponseSchema,
  ListVersionsRequestSchema,
  ListVersionsResponseSchema,
  NextPicturesRequestSchema,
  NextPicturesResponseSchema,
  NextReviewsRequestSchema,
  NextReviewsResponseSchema,
  ReviewObjectsRequestSchema,
  SaveObjectsRequestSchema,
  SaveObjectsResponseSchema,
  SaveTracksRequestSchema,
  SaveTracksResponseSchema,
  SetLabelsRequestSchema,
  StartAuditRequestSchema,
  StartJobRequestSchema,
  UpdateDatasetRequestSchema,
  UpdatePicturesRequestSchema,
  UpdatePicturesResponseSchema,
  UpdateTrackRequestSchema,
} from "../../../proto/index.js";
import { answerOf, askService } from "./ask-service.js";
import { person } from "./person.js";
import { queryOf } from "./query.js";
import { sendFile } from "./send-file.js";

type Init<Schema extends DescMessage> = Omit<MessageInitShape<Schema>, "dataset" | "person" | "$typeName">;

/** What a request says beside its path. */
const said = <Schema extends DescMessage>(schema: Schema, init: Init<Schema>) =>
  toJson(schema, create(schema, init as MessageInitShape<Schema>));
/** The same, in somebody's name. */
const done = <Schema extends DescMessage>(schema: Schema, init: Init<Schema>) =>
  said(schema, { ...init, person: person() } as Init<Schema>);

const sets = "v1/datasets";

export const listDatasets = (init: Init<typeof ListDatasetsRequestSchema>) =>
  askService(ListDatasetsResponseSchema, `${sets}${queryOf(said(ListDatasetsRequestSchema, init))}`);

export const createDataset = (init: Init<typeof CreateDatasetRequestSchema>) =>
  askService(DatasetSchema, sets, { method: "POST", json: done(CreateDatasetRequestSchema, init) });

/** One data set, as the gateway has it. */
export class DatasetService {
  readonly id: string;
  readonly #at: string;

  /** @param id or its name. */
  constructor(id: string) {
    this.id = id;
    this.#at = `${sets}/${encodeURIComponent(id)}`;
  }

  get = (signal?: AbortSignal) => askService(DatasetSchema, this.#at, { signal });

  update = (init: Init<typeof UpdateDatasetRequestSchema>) =>
    askService(DatasetSchema, this.#at, { method: "PATCH", json: done(UpdateDatasetRequestSchema, init) });

  delete = (name: string) =>
    askService(DeleteDatasetResponseSchema, `${this.#at}${queryOf(done(DeleteDatasetRequestSchema, { name }))}`, {
      method: "DELETE",
    });

  setLabels = (init: Init<typeof SetLabelsRequestSchema>) =>
    askService(DatasetSchema, `${this.#at}/labels`, { method: "PUT", json: done(SetLabelsRequestSchema, init) });

  createVersion = (description: string) =>
    askService(DatasetVersionSchema, `${this.#at}/versions`, {
      method: "POST",
      json: done(CreateVersionRequestSchema, { description }),
    });

  listVersions = (init: Init<typeof ListVersionsRequestSchema> = {}) =>
    askService(ListVersionsResponseSchema, `${this.#at}/versions${queryOf(said(ListVersionsRequestSchema, init))}`);

  /** @param place with the file's digest, that is held against it. */
  addPicture = (
    file: Blob,
    place: { name: string; split: string; imageId?: string },
    onSent: (share: number) => void,
    signal?: AbortSignal,
  ) =>
    sendFile(
      DatasetPictureSchema,
      `${this.#at}/pictures${queryOf({ ...place, person: person() })}`,
      file,
      onSent,
      signal,
    );

  getPicture = (picture: bigint) => askService(DatasetPictureSchema, `${this.#at}/pictures/${picture}`);

  listPictures = (init: Init<typeof ListPicturesRequestSchema>, signal?: AbortSignal) =>
    askService(ListPicturesResponseSchema, `${this.#at}/pictures${queryOf(said(ListPicturesRequestSchema, init))}`, {
      signal,
    });

  nextPictures = (init: Init<typeof NextPicturesRequestSchema>) =>
    askService(
      NextPicturesResponseSchema,
      `${this.#at}/pictures/next${queryOf(done(NextPicturesRequestSchema, init))}`,
    );

  updatePictures = (init: Init<typeof UpdatePicturesRequestSchema>) =>
    askService(UpdatePicturesResponseSchema, `${this.#at}/pictures`, {
      method: "PATCH",
      json: done(UpdatePicturesRequestSchema, init),
    });

  deletePictures = (pictures: bigint[]) =>
    askService(DeletePicturesResponseSchema, `${this.#at}/pictures/delete`, {
      method: "POST",
      json: done(DeletePicturesRequestSchema, { pictures }),
    });

  createSequence = (init: Init<typeof CreateSequenceRequestSchema>, signal?: AbortSignal) =>
    askService(DatasetSequenceSchema, `${this.#at}/sequences`, {
      method: "POST",
      json: done(CreateSequenceRequestSchema, init),
      signal,
    });

  addFrames = (sequence: bigint, init: Omit<Init<typeof AddFramesRequestSchema>, "sequence">, signal?: AbortSignal) =>
    askService(DatasetSequenceSchema, `${this.#at}/sequences/${sequence}/frames`, {
      method: "POST",
      json: done(AddFramesRequestSchema, init),
      signal,
    });

  /** What was followed through its frames. */
  saveTracks = (sequence: bigint, init: Omit<Init<typeof SaveTracksRequestSchema>, "sequence">, signal?: AbortSignal) =>
    askService(SaveTracksResponseSchema, `${this.#at}/sequences/${sequence}/masks`, {
      method: "POST",
      json: done(SaveTracksRequestSchema, init),
      signal,
    });

  listSequences = (init: Init<typeof ListSequencesRequestSchema>, signal?: AbortSignal) =>
    askService(ListSequencesResponseSchema, `${this.#at}/sequences${queryOf(said(ListSequencesRequestSchema, init))}`, {
      signal,
    });

  getSequence = (sequence: bigint) => askService(DatasetSequenceSchema, `${this.#at}/sequences/${sequence}`);

  listTracks = (sequence: bigint, init: Omit<Init<typeof ListTracksRequestSchema>, "sequence">, signal?: AbortSignal) =>
    askService(
      ListTracksResponseSchema,
      `${this.#at}/sequences/${sequence}/tracks${queryOf(said(ListTracksRequestSchema, init))}`,
      { signal },
    );

  updateTrack = (track: bigint, init: Omit<Init<typeof UpdateTrackRequestSchema>, "track">) =>
    askService(DatasetTrackSchema, `${this.#at}/tracks/${track}`, {
      method: "PATCH",
      json: done(UpdateTrackRequestSchema, init),
    });

  /** A picture's file as it came. */
  file = async (picture: bigint, signal?: AbortSignal): Promise<Blob> =>
    (await answerOf(`${this.#at}/pictures/${picture}/file`, { signal })).blob();

  /** The same made small. */
  thumbnail = async (picture: bigint, init: Omit<Init<typeof GetThumbnailRequestSchema>, "picture">): Promise<Blob> =>
    (
      await answerOf(`${this.#at}/pictures/${picture}/thumbnail${queryOf(said(GetThumbnailRequestSchema, init))}`, {})
    ).blob();

  listObjects = (init: Init<typeof ListObjectsRequestSchema>, signal?: AbortSignal) =>
    askService(ListObjectsResponseSchema, `${this.#at}/objects${queryOf(said(ListObjectsRequestSchema, init))}`, {
      signal,
    });

  saveObjects = (init: Init<typeof SaveObjectsRequestSchema>) =>
    askService(SaveObjectsResponseSchema, `${this.#at}/objects`, {
      method: "POST",
      json: done(SaveObjectsRequestSchema, init),
    });

  nextReviews = (init: Init<typeof NextReviewsRequestSchema>) =>
    askService(NextReviewsResponseSchema, `${this.#at}/reviews/next${queryOf(done(NextReviewsRequestSchema, init))}`);

  review = (init: Init<typeof ReviewObjectsRequestSchema>) =>
    askService(SaveObjectsResponseSchema, `${this.#at}/reviews`, {
      method: "POST",
      json: done(ReviewObjectsRequestSchema, init),
    });

  startAudit = (init: Init<typeof StartAuditRequestSchema>) =>
    askService(AuditSchema, `${this.#at}/audits`, { method: "POST", json: done(StartAuditRequestSchema, init) });

  listAudits = () => askService(ListAuditsResponseSchema, `${this.#at}/audits`);

  getAudit = (audit: string) => askService(AuditSchema, `${this.#at}/audits/${audit}`);

  listAuditItems = (audit: string, init: Omit<Init<typeof ListAuditItemsRequestSchema>, "audit">) =>
    askService(
      ListAuditItemsResponseSchema,
      `${this.#at}/audits/${audit}/items${queryOf(said(ListAuditItemsRequestSchema, init))}`,
    );

  finishAuditItem = (audit: string, object: bigint) =>
    askService(AuditItemSchema, `${this.#at}/audits/${audit}/items/${object}/finish`, {
      method: "POST",
      json: done(FinishAuditItemRequestSchema, {}),
    });

  statistics = () => askService(DatasetStatisticsSchema, `${this.#at}/statistics`);

  startJob = (init: Init<typeof StartJobRequestSchema>) =>
    askService(DatasetJobSchema, `${this.#at}/jobs`, { method: "POST", json: done(StartJobRequestSchema, init) });

  /** A zip, or one file of annotations. */
  importFile = (file: Blob, work: Init<typeof ImportWorkSchema>, onSent: (share: number) => void) => {
    const query = { ...(said(ImportWorkSchema, work) as JsonObject), key: crypto.randomUUID(), person: person() };
    return sendFile(DatasetJobSchema, `${this.#at}/imports${queryOf(query)}`, file, onSent);
  };

  listJobs = (init: Init<typeof ListJobsRequestSchema>, signal?: AbortSignal) =>
    askService(ListJobsResponseSchema, `${this.#at}/jobs${queryOf(said(ListJobsRequestSchema, init))}`, { signal });

  getJob = (job: string) => askService(DatasetJobSchema, `${this.#at}/jobs/${job}`);

  /** Lines of jobs, until it has ended. */
  watchJob = (job: string, signal: AbortSignal): Promise<Response> =>
    answerOf(`${this.#at}/jobs/${job}/watch`, { signal });

  controlJob = (job: string, init: Omit<Init<typeof ControlJobRequestSchema>, "job">) =>
    askService(DatasetJobSchema, `${this.#at}/jobs/${job}/control`, {
      method: "POST",
      json: done(ControlJobRequestSchema, init),
    });

  listProblems = (job: string, page: string) =>
    askService(
      ListJobProblemsResponseSchema,
      `${this.#at}/jobs/${job}/problems${queryOf(said(ListJobProblemsRequestSchema, { page, pageSize: 100 }))}`,
    );

  /** Where an export's file is. */
  placeOfFile = (job: string) => `${this.#at}/jobs/${job}/file`;

  exportFile = async (job: string): Promise<Blob> => (await answerOf(this.placeOfFile(job), {})).blob();

  listReplays = (job: string, page: string) =>
    askService(
      ListReplaysResponseSchema,
      `${this.#at}/jobs/${job}/replays${queryOf(said(ListReplaysRequestSchema, { page, pageSize: 24 }))}`,
    );

  acceptReplays = (job: string, init: Omit<Init<typeof AcceptReplaysRequestSchema>, "job">) =>
    askService(AcceptReplaysResponseSchema, `${this.#at}/jobs/${job}/replays/accept`, {
      method: "POST",
      json: done(AcceptReplaysRequestSchema, init),
    });
}
