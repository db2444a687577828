import { useState } from "preact/hooks";
import { AnnotationFormat, ObjectState } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
import { CheckField, SelectField } from "../parts/fields.js";
import { objectStates } from "../parts/look-of.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { words } from "../words/words.js";
import { readFormats } from "./formats.js";

type From = "file" | "urls" | "s3";

/** Brings pictures and annotations from elsewhere. */
export function ImportDialog({
  service,
  onStarted,
  onClose,
}: {
  service: DatasetService;
  onStarted: () => void;
  onClose: () => void;
}) {
  const [from, setFrom] = useState<From>("file");
  const [file, setFile] = useState<File>();
  const [text, setText] = useState("");
  const [format, setFormat] = useState(AnnotationFormat.UNSPECIFIED);
  const [split, setSplit] = useState("");
  const [makeLabels, setMakeLabels] = useState(true);
  const [state, setState] = useState(ObjectState.ACCEPTED);
  const [sent, setSent] = useState(0);
  const { isBusy, problem, attempt } = useDoing();
  const start = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const terms = { format, split: split.trim(), makeLabels, state };
      if (from === "file") {
        if (file === undefined) throw new Error(words.import.noFile);
        await service.importFile(file, { ...terms, source: { case: "fileName", value: file.name } }, setSent);
      } else {
        const lines = text.split("\n").flatMap((line) => line.trim() || []);
        if (lines.length === 0) throw new Error(words.import.noUrls);
        const source =
          from === "urls"
            ? ({ case: "urls", value: { urls: lines } } as const)
            : ({ case: "s3", value: lines[0]! } as const);
        await service.startJob({
          work: { work: { case: "import", value: { ...terms, source } } },
          key: crypto.randomUUID(),
        });
      }
      onStarted();
    });
  };
  return (
    <Dialog title={words.import.title} onClose={onClose}>
      <form onSubmit={start}>
        <SelectField
          id="import-from"
          label={words.import.from}
          value={from}
          options={(["file", "urls", "s3"] as const).map((one) => [one, words.import[one]] as const)}
          onChange={setFrom}
        />
        {from === "file" ? (
          <input
            type="file"
            id="import-file"
            aria-label={words.import.file}
            onChange={({ currentTarget }) => setFile(currentTarget.files?.[0])}
          />
        ) : (
          <label class="field">
            <span>{from === "urls" ? words.import.urlsHint : words.import.s3Hint}</span>
            <textarea
              rows={from === "urls" ? 5 : 1}
              spellcheck={false}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
        )}
        <div class="fields">
          <SelectField
            label={words.import.format}
            value={format}
            options={[[AnnotationFormat.UNSPECIFIED, words.import.anyFormat], ...readFormats]}
            onChange={setFormat}
          />
          <SelectField label={words.import.state} value={state} options={objectStates} onChange={setState} />
          <label class="field">
            <span>{words.import.split}</span>
            <input value={split} onInput={({ currentTarget }) => setSplit(currentTarget.value)} />
          </label>
        </div>
        <CheckField label={words.import.makeLabels} checked={makeLabels} onChange={setMakeLabels} />
        {isBusy && from === "file" && <progress aria-label={words.set.progress} max={1} value={sent} />}
        <ProblemNote problem={problem} />
        <div class="actions">
          <button type="button" onClick={onClose}>
            {words.page.cancel}
          </button>
          <button type="submit" class="primary" id="import-start" disabled={isBusy}>
            {words.import.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
