import type { Following } from "../following.js";
import { words } from "../words/words.js";

/** Which frame it is, and the way to the others. */
export function PlayerBar({ following }: { readonly following: Following }) {
  const { frames, current, shelf, isPlaying, reading } = following;
  if (frames === 0 && reading === undefined) return null;
  return (
    <>
      <div class="picture-place">
        <strong>{following.name}</strong>
        <span class="quiet small" id="frame-place">
          {words.page.frameOf(current + 1, frames)} · {(shelf.timeMs(current) / 1000).toFixed(2)} s
        </span>
      </div>
      {reading !== undefined && (
        <div class="video-reading">
          <span class="quiet small">{words.page.readingOf(frames, reading.expected)}</span>
          <progress
            value={reading.expected && Math.min(1, frames / reading.expected)}
            aria-label={words.page.readingOf(frames, reading.expected)}
          />
          <button type="button" onClick={() => following.stopReading()}>
            {words.page.stopReading}
          </button>
        </div>
      )}
      <div class="row">
        <button
          type="button"
          id="frame-before"
          aria-label={words.page.before}
          title={words.page.before}
          disabled={current === 0}
          onClick={() => following.step(-1)}
        >
          ‹ <kbd class="for-mouse">[</kbd>
        </button>
        <button type="button" id="video-play" aria-pressed={isPlaying} onClick={() => following.play()}>
          {isPlaying ? words.page.pause : words.page.play} <kbd class="for-mouse">G</kbd>
        </button>
        <button
          type="button"
          id="frame-after"
          aria-label={words.page.after}
          title={words.page.after}
          disabled={current >= frames - 1}
          onClick={() => following.step(1)}
        >
          <kbd class="for-mouse">]</kbd> ›
        </button>
        <button type="button" id="unsure-next" onClick={() => following.jump(1)}>
          {words.page.unsureNext} <kbd class="for-mouse">U</kbd>
        </button>
        <button type="button" id="unsure-accept" title={words.page.acceptHint} onClick={() => following.accept()}>
          {words.page.accept} <kbd class="for-mouse">A</kbd>
        </button>
      </div>
    </>
  );
}
