import { render } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Dataset } from "../../../proto/index.js";
import { listDatasets } from "../../datasets/net/service.js";
import { Dialog } from "../../datasets/parts/dialog.js";
import { SelectField } from "../../datasets/parts/fields.js";
import { placeOf } from "../../datasets/parts/places.js";
import { ProblemNote } from "../../datasets/parts/problem-note.js";
import { useDoing } from "../../datasets/parts/use-doing.js";
import { useLoaded } from "../../datasets/parts/use-loaded.js";
import { words } from "../words/words.js";
import { type KeepProgress, type Kept, keepVideo, type VideoToKeep } from "./keep-video.js";
import { trackNames } from "./name-tracks.js";

/** What the page has to keep. */
export interface ToKeep extends VideoToKeep {
  readonly name: string;
  /** Frames that lack something. */
  readonly todo: number;
}

const longestName = 200;

/** Asks which data set a video goes to, and puts it there. */
export function openKeepDialog(what: ToKeep): void {
  const room = document.createElement("div");
  document.body.append(room);
  const close = () => {
    render(null, room);
    room.remove();
  };
  render(<KeepDialog what={what} onClose={close} />, room);
}

function KeepDialog({ what, onClose }: { readonly what: ToKeep; readonly onClose: () => void }) {
  const sets = useLoaded(async () => (await listDatasets({ pageSize: 500 })).datasets, []);
  const [form, setForm] = useState<Form>({ set: undefined, name: nameOf(what.name), labels: new Map() });
  const [progress, setProgress] = useState<KeepProgress>();
  const [done, setDone] = useState<{ readonly set: Dataset; readonly kept: Kept }>();
  const ending = useRef<AbortController | undefined>(undefined);
  const { isBusy, problem, attempt } = useDoing();
  const set = sets.value?.find(({ id }) => id === form.set) ?? sets.value?.[0];
  const keep = (chosen: Dataset) => {
    const controller = new AbortController();
    const { signal } = controller;
    ending.current = controller;
    const labels = new Map(what.objects.map((object) => [object.id, labelOf(form, chosen, object)]));
    const choice = { set: chosen, name: form.name.trim(), labels, labelled: new Set(form.labels.keys()) };
    void attempt(async () => {
      try {
        setDone({ set: chosen, kept: await keepVideo(what, choice, { onProgress: setProgress, signal }) });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
  };
  const close = () => {
    ending.current?.abort();
    onClose();
  };
  const cancel = () => ending.current?.abort();
  return (
    <Dialog title={words.keep.title} onClose={close}>
      {done !== undefined ? (
        <Outcome {...done} onClose={close} />
      ) : isBusy ? (
        <Running progress={progress} onCancel={cancel} />
      ) : (
        <>
          <ProblemNote
            problem={problem ?? sets.problem}
            {...(sets.problem === undefined ? {} : { onRetry: sets.reload })}
          />
          {set !== undefined && (
            <Choosing
              what={what}
              sets={sets.value ?? []}
              set={set}
              form={form}
              onChange={(more) => setForm({ ...form, ...more })}
              onKeep={() => keep(set)}
              onClose={close}
            />
          )}
          {set === undefined && (
            <>
              {sets.value !== undefined && <p id="keep-none">{words.keep.none}</p>}
              <div class="actions">
                {sets.value !== undefined && (
                  <a class="button" href="datasets">
                    {words.keep.toSets}
                  </a>
                )}
                <button type="button" onClick={close}>
                  {words.keep.close}
                </button>
              </div>
            </>
          )}
        </>
      )}
    </Dialog>
  );
}

interface Form {
  /** Undefined: the first. */
  readonly set: string | undefined;
  readonly name: string;
  /** By object, what a person has chosen; by its name else. */
  readonly labels: ReadonlyMap<number, number>;
}

/** The one that is chosen, or that is called as the object is; 0: none. */
function labelOf({ labels }: Form, set: Dataset, { id, name }: ToKeep["objects"][number]): number {
  const isLike = (one: { readonly name: string }) => one.name.toLowerCase() === name.trim().toLowerCase();
  return labels.get(id) ?? set.labels.find(isLike)?.id ?? 0;
}

/** A sequence's name is one line. */
const nameOf = (file: string) => [...file.replace(/\p{Cc}/gu, " ")].slice(0, longestName).join("");

interface ChoosingProps {
  readonly what: ToKeep;
  readonly sets: readonly Dataset[];
  readonly set: Dataset;
  readonly form: Form;
  readonly onChange: (more: Partial<Form>) => void;
  readonly onKeep: () => void;
  readonly onClose: () => void;
}

function Choosing({ what, sets, set, form, onChange, onKeep, onClose }: ChoosingProps) {
  const names = trackNames(what.objects);
  const keep = (event: Event) => {
    event.preventDefault();
    onKeep();
  };
  return (
    <form onSubmit={keep}>
      <SelectField
        id="keep-set"
        label={words.keep.set}
        value={set.id}
        options={sets.map(({ id, name }) => [id, name] as const)}
        // Labels are a set's own.
        onChange={(id) => onChange({ set: id, labels: new Map() })}
      />
      <label class="field">
        <span>{words.keep.name}</span>
        <input
          id="keep-name"
          required
          pattern=".*\S.*"
          maxLength={longestName}
          value={form.name}
          onInput={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
      </label>
      {what.objects.length > 0 && set.labels.length > 0 && (
        <fieldset class="keep-labels">
          <legend>{words.keep.labels}</legend>
          {what.objects.map((object) => (
            <SelectField
              key={object.id}
              id={`keep-label-${object.id}`}
              label={names.get(object.id) ?? ""}
              value={labelOf(form, set, object)}
              options={[[0, words.keep.noLabel] as const, ...set.labels.map(({ id, name }) => [id, name] as const)]}
              onChange={(label) => onChange({ labels: new Map(form.labels).set(object.id, label) })}
            />
          ))}
        </fieldset>
      )}
      {what.todo > 0 && <p class="quiet small">{words.keep.todo(what.todo)}</p>}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {words.page.cancel}
        </button>
        <button type="submit" class="primary" id="keep-now">
          {words.keep.keep}
        </button>
      </div>
    </form>
  );
}

/** What had the focus is gone. */
const focused = (button: HTMLElement | null) => button?.focus();

function Running({ progress, onCancel }: { readonly progress: KeepProgress | undefined; onCancel: () => void }) {
  const { what = "frames", done = 0, all = 0 } = progress ?? {};
  return (
    <>
      <progress value={all === 0 ? 0 : done / all} aria-label={words.keep.running} />
      <p role="status">{words.keep[what]}</p>
      <p class="quiet small">{all > 0 && words.keep.doneOf(done, all)}</p>
      <div class="actions">
        <button type="button" id="keep-cancel" ref={focused} onClick={onCancel}>
          {words.page.cancel}
        </button>
      </div>
    </>
  );
}

function Outcome({ set, kept, onClose }: { readonly set: Dataset; readonly kept: Kept; onClose: () => void }) {
  const { added, there, counts, otherLabels, otherNames, sequence } = kept;
  const { made, replaced, same, gone, left } = counts;
  const sentences = [
    words.keep.keptNow(added, made, set.name),
    there + same > 0 && words.keep.thereAlready(there, same),
    replaced > 0 && words.keep.replaced(replaced),
    gone > 0 && words.keep.gone(gone),
    left > 0 && words.keep.left(left),
    ...otherNames.map(([object, track]) => words.keep.otherName(object, track)),
    otherLabels.length > 0 && words.keep.otherLabels(otherLabels.join(", ")),
  ];
  return (
    <>
      <p role="status" id="keep-done">
        {sentences.filter(Boolean).join(" ")}
      </p>
      <div class="actions">
        <a class="button" id="keep-look" href={placeOf(set.id, "annotate", { sequence: String(sequence) })}>
          {words.keep.look}
        </a>
        <button type="button" class="primary" ref={focused} onClick={onClose}>
          {words.keep.close}
        </button>
      </div>
    </>
  );
}
