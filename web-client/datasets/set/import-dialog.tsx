import { useState } from "preact/hooks";
import { AnnotationFormat, ObjectState } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
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
        <label class="field">
          <span>{words.import.from}</span>
          <select id="import-from" value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value as From)}>
            {(["file", "urls", "s3"] as const).map((one) => (
              <option key={one} value={one}>
                {words.import[one]}
              </option>
            ))}
          </select>
        </label>
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
          <label class="field">
            <span>{words.import.format}</span>
            <select value={format} onChange={({ currentTarget }) => setFormat(Number(currentTarget.value))}>
              <option value={AnnotationFormat.UNSPECIFIED}>{words.import.anyFormat}</option>
              {readFormats.map(([one, name]) => (
                <option key={one} value={one}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{words.import.state}</span>
            <select value={state} onChange={({ currentTarget }) => setState(Number(currentTarget.value))}>
              {objectStates.map(([one, name]) => (
                <option key={one} value={one}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{words.import.split}</span>
            <input value={split} onInput={({ currentTarget }) => setSplit(currentTarget.value)} />
          </label>
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={makeLabels}
            onChange={({ currentTarget }) => setMakeLabels(currentTarget.checked)}
          />
          <span>{words.import.makeLabels}</span>
        </label>
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
