import { useState } from "preact/hooks";
import type { Dataset, DatasetObject, DatasetPicture, Replay } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { Frame } from "../parts/frame.js";
import { nameOfLabel } from "../parts/look-of.js";
import { MaskedPicture } from "../parts/masked-picture.js";
import { dayOf, rounded } from "../parts/numbers.js";
import type { PictureFiles } from "../parts/picture-files.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";

interface ReplayPageProps {
  readonly service: DatasetService;
  readonly set: Dataset;
  readonly files: PictureFiles;
}

/** What another model makes of the same clicks, beside what is there. */
export function ReplayPage({ service, set, files }: ReplayPageProps) {
  const jobs = useLoaded(
    async (signal) => {
      const { jobs: all } = await service.listJobs({ pageSize: 100 }, signal);
      return all.filter(({ work }) => work?.work.case === "replay");
    },
    [service],
  );
  const [chosen, setChosen] = useState<string>();
  const job = jobs.value?.find(({ id }) => id === chosen) ?? jobs.value?.[0];
  return (
    <Frame dataset={set} part="replay" title={words.replay.title}>
      <p class="quiet">{words.replay.what}</p>
      <ProblemNote problem={jobs.problem} onRetry={jobs.reload} />
      {jobs.value?.length === 0 && <p class="quiet empty">{words.replay.none}</p>}
      {jobs.value !== undefined && jobs.value.length > 1 && (
        <label class="field narrow">
          <span>{words.replay.job}</span>
          <select value={job?.id} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {jobs.value.map(({ id, createdAt, createdBy }) => (
              <option key={id} value={id}>
                {words.sets.madeBy(createdBy, dayOf(createdAt))}
              </option>
            ))}
          </select>
        </label>
      )}
      {job !== undefined && <Replays key={job.id} service={service} set={set} files={files} job={job.id} />}
    </Frame>
  );
}

function Replays({ service, set, files, job }: ReplayPageProps & { job: string }) {
  const [pages, setPages] = useState<readonly string[]>([""]);
  const [least, setLeast] = useState(0.9);
  const [outcome, setOutcome] = useState("");
  const { isBusy, problem, attempt } = useDoing();
  const replays = useLoaded(async () => {
    const { replays: found, nextPage } = await service.listReplays(job, pages.at(-1) ?? "");
    const ids = [...new Set(found.flatMap(({ before }) => before?.picture ?? []))];
    const pictures = await Promise.all(ids.map((id) => service.getPicture(id)));
    return { found, nextPage, pictures: new Map(pictures.map((picture) => [picture.id, picture])) };
  }, [service, job, pages]);
  const accept = (what: { leastIou: number } | { objects: bigint[] }) =>
    attempt(async () => {
      const { accepted, conflicts } = await service.acceptReplays(job, what);
      setOutcome(words.replay.outcome(accepted, conflicts));
      replays.reload();
    });
  const { found, nextPage, pictures } = replays.value ?? { found: [], nextPage: "", pictures: new Map() };
  const mean = found.reduce((sum, { iou }) => sum + iou, 0) / Math.max(1, found.length);
  return (
    <>
      <form
        class="filter"
        onSubmit={(event) => {
          event.preventDefault();
          void accept({ leastIou: least });
        }}
      >
        <label class="field">
          <span>{words.replay.threshold}</span>
          <input
            type="number"
            id="replay-least"
            min={0.01}
            max={1}
            step={0.01}
            value={least}
            onInput={({ currentTarget }) => setLeast(Number(currentTarget.value))}
          />
        </label>
        <button type="submit" class="primary" id="replay-accept-all" disabled={isBusy || !(least > 0 && least <= 1)}>
          {words.replay.acceptAll}
        </button>
        <span role="status">{outcome}</span>
      </form>
      <ProblemNote problem={problem ?? replays.problem} onRetry={replays.reload} />
      {replays.value !== undefined && found.length === 0 && <p class="quiet empty">{words.replay.empty}</p>}
      {found.length > 0 && <p class="quiet">{words.replay.overall(rounded(mean, 3), found.length)}</p>}
      <ul class="replays">
        {found.map((replay) => {
          const picture = pictures.get(replay.before?.picture ?? 0n);
          return (
            <li key={String(replay.before?.id)} class="card">
              {picture !== undefined && <Pair files={files} set={set} picture={picture} replay={replay} />}
              <div class="row">
                <strong>{words.replay.iou(rounded(replay.iou, 3))}</strong>
                {replay.accepted ? (
                  <span class="tag" data-kind="good">
                    {words.replay.accepted}
                  </span>
                ) : (
                  <button
                    type="button"
                    disabled={isBusy}
                    onClick={() => void accept({ objects: [replay.before?.id ?? 0n] })}
                  >
                    {words.replay.accept}
                  </button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
      <div class="row pages">
        {pages.length > 1 && (
          <button type="button" onClick={() => setPages(pages.slice(0, -1))}>
            {words.page.back}
          </button>
        )}
        {nextPage !== "" && (
          <button type="button" onClick={() => setPages([...pages, nextPage])}>
            {words.page.more}
          </button>
        )}
      </div>
    </>
  );
}

interface PairProps {
  readonly files: PictureFiles;
  readonly set: Dataset;
  readonly picture: DatasetPicture;
  readonly replay: Replay;
}

/** Both of the same part of the picture: what differs is seen at once. */
function Pair({ files, set, picture, replay: { before, after } }: PairProps) {
  const side = (title: string, object: DatasetObject | undefined) =>
    object !== undefined &&
    before !== undefined && (
      <figure>
        <OneSide files={files} set={set} picture={picture} object={object} about={before} title={title} />
        <figcaption class="quiet small">{title}</figcaption>
      </figure>
    );
  return (
    <div class="pair">
      {side(words.replay.before, before)}
      {side(words.replay.after, after)}
    </div>
  );
}

interface OneSideProps extends Omit<PairProps, "replay"> {
  readonly object: DatasetObject;
  readonly about: DatasetObject;
  readonly title: string;
}

function OneSide({ files, set, picture, object, about, title }: OneSideProps) {
  const [objects] = useState([object]);
  const label = nameOfLabel(set.labels, object.label);
  return (
    <MaskedPicture
      files={files}
      picture={picture}
      objects={objects}
      labels={set.labels}
      focus={about}
      name={`${title}: ${words.review.pictureOf(label, picture.name)}`}
    />
  );
}
