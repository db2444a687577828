import { useState } from "preact/hooks";
import type { Dataset } from "../../../proto/index.js";
import { takenKeys } from "../../keys/annotate-keys.js";
import { ServiceProblem } from "../net/ask-service.js";
import type { DatasetService } from "../net/service.js";
import { Frame } from "../parts/frame.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import type { Loaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";
import { changed, type Fault, faultsOf, keyFrom, labelsOf, type Row, rowsOf, withNew, without } from "./labels.js";

interface LabelsPageProps {
  readonly service: DatasetService;
  readonly dataset: Loaded<Dataset>;
  readonly set: Dataset;
}

const taken = takenKeys();

/** What objects can be called, with a colour and a key each. */
export function LabelsPage({ service, dataset, set }: LabelsPageProps) {
  const [rows, setRows] = useState(() => rowsOf(set.labels));
  const [said, setSaid] = useState("");
  const { isBusy, problem, attempt } = useDoing();
  const faults = faultsOf(rows, taken);
  const edit = (next: readonly Row[]) => {
    setRows(next);
    setSaid(words.labels.unsaved);
  };
  const save = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      try {
        const saved = await saveLabels(service, set.revision, rows);
        dataset.set(saved);
        setRows(rowsOf(saved.labels));
        setSaid(words.labels.saved);
      } catch (error) {
        if (!(error instanceof ServiceProblem) || error.status !== 409) throw error;
        // What the person wrote stays; it is saved on the newer revision with the next try.
        dataset.set(await service.get());
        throw new Error(words.problems.conflict);
      }
    });
  };
  return (
    <Frame dataset={set} part="labels" title={words.labels.title}>
      <form class="labels" onSubmit={save}>
        {rows.length === 0 && <p class="quiet empty">{words.labels.none}</p>}
        <ul>
          {rows.map((row) => (
            <li key={row.row} class="card label-row">
              <LabelRow
                row={row}
                rows={rows}
                faults={faults.filter((fault) => fault.row === row.row)}
                onChange={(change) => edit(changed(rows, row.row, change))}
                onRemove={() => edit(without(rows, row.row))}
              />
            </li>
          ))}
        </ul>
        <ProblemNote problem={problem} />
        <div class="actions start">
          <button
            type="button"
            id="label-add"
            onClick={() => edit(withNew(rows, words.labels.newName(rows.length + 1), taken))}
          >
            {words.labels.add}
          </button>
          <button type="submit" class="primary" id="labels-save" disabled={isBusy || faults.length > 0}>
            {words.labels.save}
          </button>
          <span class="quiet" role="status">
            {said}
          </span>
        </div>
      </form>
    </Frame>
  );
}

/** A new label has no number that others could name before it is saved: those under it are told in a second round. */
async function saveLabels(service: DatasetService, revision: number, rows: readonly Row[]): Promise<Dataset> {
  const first = await service.setLabels({ revision, labels: labelsOf(rows) });
  const isNew = (row: number) => rows.some((one) => one.row === row && one.id === 0);
  if (!rows.some(({ parent }) => parent !== 0 && isNew(parent))) return first;
  const numbered = rows.map((row, at) => ({ ...row, id: first.labels[at]?.id ?? row.id }));
  return service.setLabels({ revision: first.revision, labels: labelsOf(numbered) });
}

interface LabelRowProps {
  readonly row: Row;
  readonly rows: readonly Row[];
  readonly faults: readonly Fault[];
  readonly onChange: (change: Partial<Row>) => void;
  readonly onRemove: () => void;
}

function LabelRow({ row, rows, faults, onChange, onRemove }: LabelRowProps) {
  const name = row.name.trim() || words.labels.name;
  const problem = `label-problem-${row.row}`;
  return (
    <>
      <input
        type="color"
        aria-label={words.labels.colourOf(name)}
        value={row.colour}
        onInput={({ currentTarget }) => onChange({ colour: currentTarget.value })}
      />
      <label class="field grows">
        <span>{words.labels.name}</span>
        <input
          class="label-name"
          maxLength={100}
          value={row.name}
          aria-invalid={faults.length > 0}
          aria-describedby={problem}
          onInput={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
      </label>
      <label class="field key-field">
        <span>{words.labels.hotKey}</span>
        <input
          aria-label={words.labels.keyOf(name)}
          aria-describedby={problem}
          value={row.hotKey}
          maxLength={2}
          autocapitalize="off"
          onInput={({ currentTarget }) => onChange({ hotKey: keyFrom(currentTarget.value.slice(-1)) })}
        />
      </label>
      <label class="field">
        <span>{words.labels.parent}</span>
        <select
          aria-label={words.labels.parentOf(name)}
          value={row.parent}
          onChange={({ currentTarget }) => onChange({ parent: Number(currentTarget.value) })}
        >
          <option value={0}>{words.labels.noParent}</option>
          {rows
            .filter((one) => one.row !== row.row)
            .map((one) => (
              <option key={one.row} value={one.row}>
                {one.name}
              </option>
            ))}
        </select>
      </label>
      <button type="button" aria-label={words.labels.remove(name)} title={words.labels.remove(name)} onClick={onRemove}>
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="m5 5 10 10M15 5 5 15" />
        </svg>
      </button>
      <p class="problem small" id={problem}>
        {faults.map(sentenceOf).join(" ")}
      </p>
    </>
  );
}

function sentenceOf(fault: Fault): string {
  const { problems } = words.labels;
  switch (fault.kind) {
    case "name":
      return problems.name;
    case "twice":
      return problems.twice(fault.name);
    case "ring":
      return problems.ring(fault.name);
    case "key-twice":
      return problems.keyTwice(fault.key);
    case "key-taken":
      return problems.keyTaken(fault.key);
  }
}
