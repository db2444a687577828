import { useState } from "preact/hooks";
import type { Dataset } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
import { Frame } from "../parts/frame.js";
import { dayOf } from "../parts/numbers.js";
import type { PictureFiles } from "../parts/picture-files.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { type Loaded, useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";
import { AddingBar } from "./adding-bar.js";
import { ChosenBar } from "./chosen-bar.js";
import { ExportDialog } from "./export-dialog.js";
import { type Filter, filterIn, isFiltering, queryOfFilter } from "./filter.js";
import { FilterBar } from "./filter-bar.js";
import { ImportDialog } from "./import-dialog.js";
import { JobsCard } from "./jobs-card.js";
import { PictureGrid } from "./picture-grid.js";
import { SequencesCard } from "./sequences-card.js";
import { useAdding } from "./use-adding.js";
import { useJobs } from "./use-jobs.js";
import { usePictures } from "./use-pictures.js";
import { WorkDialog } from "./work-dialog.js";

type Asked = "import" | "export" | "work" | "delete";

interface SetPageProps {
  readonly service: DatasetService;
  readonly dataset: Loaded<Dataset>;
  readonly set: Dataset;
  readonly files: PictureFiles;
}

/** One data set: its pictures with their masks, and the work on all of them. */
export function SetPage({ service, dataset, set, files }: SetPageProps) {
  const [filter, setFilter] = useState(() => filterIn(new URLSearchParams(location.search)));
  const [pages, setPages] = useState<readonly string[]>([""]);
  const [chosen, setChosen] = useState<ReadonlySet<bigint>>(new Set());
  const [asked, setAsked] = useState<Asked>();
  const grid = usePictures(service, filter, pages.at(-1) ?? "");
  const statistics = useLoaded(() => service.statistics(), [service]);
  const versions = useLoaded(async () => (await service.listVersions()).versions, [service]);
  const version = useDoing();
  const anew = () => {
    setChosen(new Set());
    for (const one of [dataset, grid, statistics, versions]) one.reload();
  };
  const jobs = useJobs(service, anew);
  const { adding, add } = useAdding(service, anew);
  const choose = (next: Filter) => {
    const query = queryOfFilter(next).toString();
    history.replaceState(undefined, "", query === "" ? location.pathname : `${location.pathname}?${query}`);
    setFilter(next);
    setPages([""]);
    setChosen(new Set());
  };
  const close = () => setAsked(undefined);
  const started = () => {
    close();
    jobs.reload();
  };
  const { pictures, nextPage, objects } = grid.value ?? { pictures: [], nextPage: "", objects: new Map() };
  const people = statistics.value?.people.map(({ person }) => person) ?? [];
  return (
    <Frame dataset={set} title={set.name}>
      {set.description !== "" && <p class="quiet">{set.description}</p>}
      <Progress {...(statistics.value ?? { pictures: set.pictures, picturesDone: 0, picturesSkipped: 0 })} />
      <div class="head-row">
        <AddingBar adding={adding} add={add} />
        <button type="button" id="import-open" onClick={() => setAsked("import")}>
          {words.set.import}
        </button>
        <button type="button" id="work-open" onClick={() => setAsked("work")}>
          {words.set.work}
        </button>
        <button type="button" id="export-open" onClick={() => setAsked("export")}>
          {words.set.export}
        </button>
      </div>
      <div class="columns">
        <section aria-label={words.page.pictures}>
          <FilterBar filter={filter} labels={set.labels} people={people} onChange={choose} />
          <ProblemNote problem={grid.problem} onRetry={grid.reload} />
          {chosen.size > 0 && <ChosenBar service={service} chosen={chosen} onDone={anew} />}
          {grid.value === undefined && grid.problem === undefined && <p class="quiet">{words.page.loading}</p>}
          {grid.value !== undefined && pictures.length === 0 && (
            <p class="quiet empty">{isFiltering(filter) ? words.set.nothing : words.set.noneYet}</p>
          )}
          <PictureGrid
            dataset={set.id}
            files={files}
            pictures={pictures}
            objects={objects}
            labels={set.labels}
            chosen={chosen}
            onChoose={(picture, isChosen) => {
              const next = new Set(chosen);
              if (isChosen) next.add(picture);
              else next.delete(picture);
              setChosen(next);
            }}
          />
          <div class="row pages">
            {pages.length > 1 && (
              <button type="button" onClick={() => setPages(pages.slice(0, -1))}>
                {words.set.before}
              </button>
            )}
            {nextPage !== "" && (
              <button type="button" onClick={() => setPages([...pages, nextPage])}>
                {words.set.after}
              </button>
            )}
          </div>
        </section>
        <aside class="side">
          {set.sequences > 0 && (
            <SequencesCard
              service={service}
              dataset={set.id}
              shown={filter.sequence}
              onShow={(sequence) => choose({ ...filter, sequence })}
            />
          )}
          <JobsCard service={service} jobs={jobs.jobs} problem={jobs.problem} onChanged={jobs.reload} />
          <section class="card" aria-labelledby="versions-title">
            <h2 id="versions-title">{words.set.versions}</h2>
            <div class="row">
              <button
                type="button"
                id="version-make"
                disabled={version.isBusy}
                onClick={() => void version.attempt(() => service.createVersion("").then(versions.reload))}
              >
                {words.set.makeVersion}
              </button>
            </div>
            <ProblemNote problem={version.problem} />
            {versions.value?.length === 0 && <p class="quiet">{words.set.noVersions}</p>}
            <ul class="plain">
              {versions.value?.map(({ number, createdAt, pictures: count, objects: made }) => (
                <li key={number}>
                  <strong>{words.set.version(number)}</strong>{" "}
                  <span class="quiet small">
                    {dayOf(createdAt)}, {words.sets.counts(words.sets.pictures(count), words.sets.objects(made))}
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <button type="button" class="link-button danger" onClick={() => setAsked("delete")}>
            {words.set.deleteSet}
          </button>
        </aside>
      </div>
      {asked === "import" && <ImportDialog service={service} onStarted={started} onClose={close} />}
      {asked === "export" && (
        <ExportDialog
          service={service}
          labels={set.labels}
          versions={versions.value ?? []}
          onStarted={started}
          onClose={close}
        />
      )}
      {asked === "work" && (
        <WorkDialog service={service} labels={set.labels} filter={filter} onStarted={started} onClose={close} />
      )}
      {asked === "delete" && <DeleteDialog service={service} name={set.name} onClose={close} />}
    </Frame>
  );
}

function Progress(counts: {
  readonly pictures: number;
  readonly picturesDone: number;
  readonly picturesSkipped: number;
}) {
  const { pictures, picturesDone, picturesSkipped } = counts;
  if (pictures === 0) return null;
  const parts = [
    words.set.done(picturesDone, pictures),
    ...(picturesSkipped > 0 ? [words.set.skipped(picturesSkipped)] : []),
  ];
  return (
    <div class="overall">
      <progress aria-label={words.set.progress} max={pictures} value={picturesDone + picturesSkipped} />
      <span class="quiet small">{parts.join(" · ")}</span>
    </div>
  );
}

/** Its name once more: what cannot be undone is not done by a slip. */
function DeleteDialog({ service, name, onClose }: { service: DatasetService; name: string; onClose: () => void }) {
  const [written, setWritten] = useState("");
  const { isBusy, problem, attempt } = useDoing();
  const remove = () =>
    attempt(async () => {
      await service.delete(written);
      location.assign("datasets");
    });
  return (
    <Dialog title={words.set.deleteSet} onClose={onClose}>
      <label class="field">
        <span>{words.set.deleteSetText(name)}</span>
        <input value={written} onInput={({ currentTarget }) => setWritten(currentTarget.value)} />
      </label>
      <ProblemNote problem={problem} />
      <div class="actions">
        <button type="button" onClick={onClose}>
          {words.page.cancel}
        </button>
        <button type="button" class="danger" disabled={isBusy || written !== name} onClick={() => void remove()}>
          {words.set.delete}
        </button>
      </div>
    </Dialog>
  );
}
