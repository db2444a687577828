import { useState } from "preact/hooks";
import { AnnotationFormat, CocoForm, type DatasetVersion, type Label, ObjectState } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
import { CheckField, SelectField } from "../parts/fields.js";
import { dayOf } from "../parts/numbers.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { words } from "../words/words.js";
import { formats } from "./formats.js";

interface ExportDialogProps {
  readonly service: DatasetService;
  readonly labels: readonly Label[];
  readonly versions: readonly DatasetVersion[];
  readonly onStarted: () => void;
  readonly onClose: () => void;
}

const cocoForms = [
  [CocoForm.RLE, words.export.cocoForms.rle],
  [CocoForm.POLYGONS, words.export.cocoForms.polygons],
  [CocoForm.COUNTS, words.export.cocoForms.counts],
] as const;

/** Hands a version on, in a form that others read. */
export function ExportDialog({ service, labels, versions, onStarted, onClose }: ExportDialogProps) {
  const [format, setFormat] = useState(AnnotationFormat.COCO);
  const [version, setVersion] = useState(0);
  const [splits, setSplits] = useState("");
  const [only, setOnly] = useState<readonly number[]>([]);
  const [pictures, setPictures] = useState(false);
  const [proposed, setProposed] = useState(false);
  const [coco, setCoco] = useState(CocoForm.RLE);
  const { isBusy, problem, attempt } = useDoing();
  const start = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const states = [ObjectState.ACCEPTED, ObjectState.TO_REVIEW, ...(proposed ? [ObjectState.PROPOSED] : [])];
      const value = {
        format,
        version,
        splits: splits.split(",").flatMap((split) => split.trim() || []),
        labels: [...only],
        states,
        pictures,
        coco,
      };
      await service.startJob({ work: { work: { case: "export", value } }, key: crypto.randomUUID() });
      onStarted();
    });
  };
  return (
    <Dialog title={words.export.title} onClose={onClose}>
      <form onSubmit={start}>
        <div class="fields">
          <SelectField
            id="export-format"
            label={words.export.format}
            value={format}
            options={formats}
            onChange={setFormat}
          />
          {format === AnnotationFormat.COCO && (
            <SelectField label={words.export.coco} value={coco} options={cocoForms} onChange={setCoco} />
          )}
          <SelectField
            label={words.export.version}
            value={version}
            options={[
              [0, words.export.newVersion],
              ...versions.map(
                ({ number, createdAt }) => [number, `${words.set.version(number)}, ${dayOf(createdAt)}`] as const,
              ),
            ]}
            onChange={setVersion}
          />
          <label class="field">
            <span>{words.export.splits}</span>
            <input
              placeholder={words.export.splitsHint}
              value={splits}
              onInput={({ currentTarget }) => setSplits(currentTarget.value)}
            />
          </label>
        </div>
        {labels.length > 0 && (
          <fieldset class="checks">
            <legend>{words.export.labels}</legend>
            {labels.map(({ id, name }) => (
              <label key={id} class="check">
                <input
                  type="checkbox"
                  checked={only.includes(id)}
                  onChange={({ currentTarget }) =>
                    setOnly(currentTarget.checked ? [...only, id] : only.filter((one) => one !== id))
                  }
                />
                <span>{name}</span>
              </label>
            ))}
          </fieldset>
        )}
        <CheckField label={words.export.pictures} checked={pictures} onChange={setPictures} />
        <CheckField label={words.export.proposedToo} checked={proposed} onChange={setProposed} />
        <ProblemNote problem={problem} />
        <div class="actions">
          <button type="button" onClick={onClose}>
            {words.page.cancel}
          </button>
          <button type="submit" class="primary" id="export-start" disabled={isBusy}>
            {words.export.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
