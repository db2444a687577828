import { useState } from "preact/hooks";
import { download } from "../../panel/download.js";
import { type ExportFormat, exportFormats, exportVideo } from "../export/export-video.js";
import type { Following } from "../following.js";
import { toMake } from "../state/track.js";
import { words } from "../words/words.js";
import { nameOf } from "./object-row.js";

/** The masks in a file, and the end of the work on them. */
export function ExportCard({ following, onLeave }: { readonly following: Following; readonly onLeave: () => void }) {
  const [format, setFormat] = useState<ExportFormat>("davis");
  const [withFrames, setWithFrames] = useState(false);
  const [share, setShare] = useState<number | undefined>();
  const [ending, setEnding] = useState<AbortController | undefined>();
  const [problem, setProblem] = useState("");
  const take = async () => {
    const controller = new AbortController();
    setEnding(controller);
    setProblem("");
    try {
      const { name, size, shelf, track } = following;
      const options = { format, withFrames, onProgress: setShare, signal: controller.signal };
      const made = await exportVideo({ name, ...size, shelf, track }, options);
      download(made.file, made.name);
    } catch (error) {
      if (!controller.signal.aborted) setProblem((error as Error).message);
    }
    setShare(undefined);
    setEnding(undefined);
  };
  const keep = async () => {
    // Fetched with the first video that goes to a data set.
    const { openKeepDialog } = await import("../keep/keep-dialog.js");
    const { name, shelf, track, model } = following;
    const frames = [...shelf.frames];
    openKeepDialog({
      name,
      frames,
      fileOf: (frame) => shelf.file(frame),
      track,
      model,
      objects: track.objects.map((object) => ({
        id: object.id,
        name: nameOf(object),
        isNamed: object.name !== undefined,
        keptAs: object.keptAs ?? new Map(),
      })),
      onKept: (object, sequence, kept) => following.keptAs(object, sequence, kept),
      todo: toMake(track, frames.length).length,
    });
  };
  return (
    <section class="card" aria-labelledby="take-title">
      <h2 id="take-title">{words.page.takeAway}</h2>
      <div class="field">
        <select
          id="take-format"
          aria-label={words.page.format}
          value={format}
          onChange={({ currentTarget }) => setFormat(currentTarget.value as ExportFormat)}
        >
          {exportFormats.map((one) => (
            <option key={one} value={one}>
              {words.formats[one]}
            </option>
          ))}
        </select>
      </div>
      {format !== "rgba" && (
        <label class="check">
          <input
            type="checkbox"
            checked={withFrames}
            onChange={({ currentTarget }) => setWithFrames(currentTarget.checked)}
          />
          <span>{words.page.withFrames}</span>
        </label>
      )}
      {share !== undefined && <progress value={share} aria-label={words.page.takeAway} />}
      {problem !== "" && (
        <p class="form-problem" role="alert">
          {problem}
        </p>
      )}
      <div class="row">
        <button
          type="button"
          class="strong"
          id="take-video"
          disabled={following.track.objects.length === 0 || ending !== undefined}
          onClick={() => void take()}
        >
          {words.page.download}
        </button>
        {ending !== undefined && (
          <button type="button" onClick={() => ending.abort()}>
            {words.page.cancel}
          </button>
        )}
      </div>
      <div class="row">
        <button
          type="button"
          id="keep-video"
          disabled={following.track.objects.length === 0}
          onClick={() => keep().catch((error: Error) => setProblem(error.message))}
        >
          {words.keep.title}
        </button>
      </div>
      <p class="quiet small">{following.isKept ? words.page.kept : words.page.notKept}</p>
      <button type="button" class="link-button" id="video-leave" onClick={onLeave}>
        {words.page.leave}
      </button>
    </section>
  );
}
