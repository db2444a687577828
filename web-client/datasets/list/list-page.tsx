import { useState } from "preact/hooks";
import type { Dataset } from "../../../proto/index.js";
import { createDataset, listDatasets } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
import { Frame } from "../parts/frame.js";
import { dayOf } from "../parts/numbers.js";
import { placeOf } from "../parts/places.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";

/** All data sets of whoever is here. */
export function ListPage() {
  const sets = useLoaded(allSets, []);
  const [isMaking, setMaking] = useState(false);
  return (
    <Frame title={words.page.sets}>
      <div class="head-row">
        <button type="button" class="primary" id="set-create" onClick={() => setMaking(true)}>
          {words.sets.create}
        </button>
      </div>
      <ProblemNote problem={sets.problem} onRetry={sets.reload} />
      {sets.value === undefined && sets.problem === undefined && <p class="quiet">{words.page.loading}</p>}
      {sets.value?.length === 0 && <p class="quiet empty">{words.sets.none}</p>}
      <ul class="sets">
        {sets.value?.map((set) => (
          <li key={set.id}>
            <SetCard set={set} />
          </li>
        ))}
      </ul>
      {isMaking && <CreateDialog onClose={() => setMaking(false)} />}
    </Frame>
  );
}

async function allSets(): Promise<readonly Dataset[]> {
  const sets: Dataset[] = [];
  for (let page = ""; ; ) {
    const { datasets, nextPage } = await listDatasets({ page, pageSize: 500 });
    sets.push(...datasets);
    if (nextPage === "") return sets;
    page = nextPage;
  }
}

function SetCard({ set }: { set: Dataset }) {
  const { pictures, objects } = words.sets;
  return (
    <a class="card set-card" href={placeOf(set.id)}>
      <strong>{set.name}</strong>
      {set.description !== "" && <span>{set.description}</span>}
      <span class="quiet">{words.sets.counts(pictures(set.pictures), objects(set.objects))}</span>
      <span class="quiet small">{words.sets.madeBy(set.createdBy, dayOf(set.createdAt))}</span>
    </a>
  );
}

function CreateDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const { isBusy, problem, attempt } = useDoing();
  const make = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const { id } = await createDataset({ name: name.trim(), description: description.trim() });
      location.assign(placeOf(id));
    });
  };
  return (
    <Dialog title={words.sets.create} onClose={onClose}>
      <form onSubmit={make}>
        <label class="field">
          <span>{words.sets.name}</span>
          <input
            id="set-name"
            required
            maxLength={200}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{words.sets.description}</span>
          <textarea rows={3} value={description} onInput={({ currentTarget }) => setDescription(currentTarget.value)} />
        </label>
        <ProblemNote problem={problem} />
        <div class="actions">
          <button type="button" onClick={onClose}>
            {words.page.cancel}
          </button>
          <button type="submit" class="primary" id="set-make" disabled={isBusy || name.trim() === ""}>
            {words.sets.make}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
