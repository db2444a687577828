import { useState } from "preact/hooks";
import type { Label } from "../../../proto/index.js";
import { pageGateway } from "../../access/bearer.js";
import { listModels } from "../../sdk/http/list-models.js";
import type { DatasetService } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
import { CheckField, SelectField } from "../parts/fields.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";
import { type Filter, isFiltering, messageOf, noFilter } from "./filter.js";

const kinds = ["automatic", "prefill", "replay"] as const;
type Kind = (typeof kinds)[number];

const hints = {
  automatic: words.work.automaticHint,
  prefill: words.work.prefillHint,
  replay: words.work.replayHint,
} as const;

interface WorkDialogProps {
  readonly service: DatasetService;
  readonly labels: readonly Label[];
  readonly filter: Filter;
  readonly onStarted: () => void;
  readonly onClose: () => void;
}

/** Has a model work over the whole set, or what the filter shows of it. */
export function WorkDialog({ service, labels, filter, onStarted, onClose }: WorkDialogProps) {
  const [kind, setKind] = useState<Kind>("prefill");
  const [text, setText] = useState("");
  const [label, setLabel] = useState(0);
  const [model, setModel] = useState("");
  const [isFiltered, setFiltered] = useState(isFiltering(filter));
  const models = useLoaded(() => listModels(pageGateway), []);
  const { isBusy, problem, attempt } = useDoing();
  const start = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const about = messageOf(isFiltered ? filter : noFilter);
      const asked = text.trim();
      const work =
        kind === "automatic"
          ? ({ case: kind, value: { filter: about, label } } as const)
          : kind === "prefill"
            ? ({ case: kind, value: { filter: about, label, ...(asked && { settings: { text: asked } }) } } as const)
            : ({ case: kind, value: { filter: about, model } } as const);
      await service.startJob({ work: { work }, key: crypto.randomUUID() });
      onStarted();
    });
  };
  return (
    <Dialog title={words.work.title} onClose={onClose}>
      <form onSubmit={start}>
        <fieldset class="choices">
          <legend>{words.work.kind}</legend>
          {kinds.map((one) => (
            <label key={one} class="check">
              <input type="radio" name="work" value={one} checked={one === kind} onChange={() => setKind(one)} />
              <span>
                {words.work[one]}
                <small class="quiet">{hints[one]}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {kind === "prefill" && (
          <label class="field">
            <span>{words.work.words}</span>
            <input
              placeholder={words.work.wordsHint}
              maxLength={200}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
        )}
        {kind === "replay" ? (
          <SelectField
            label={words.work.model}
            value={model}
            options={[["", words.work.usualModel], ...(models.value ?? []).map(({ id }) => [id, id] as const)]}
            onChange={setModel}
          />
        ) : (
          <SelectField
            label={words.work.label}
            value={label}
            options={[[0, words.annotate.noLabel], ...labels.map(({ id, name }) => [id, name] as const)]}
            onChange={setLabel}
          />
        )}
        {isFiltering(filter) && <CheckField label={words.work.onFilter} checked={isFiltered} onChange={setFiltered} />}
        <ProblemNote problem={problem} />
        <div class="actions">
          <button type="button" onClick={onClose}>
            {words.page.cancel}
          </button>
          <button type="submit" class="primary" id="work-start" disabled={isBusy}>
            {words.work.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
