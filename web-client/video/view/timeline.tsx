import { useEffect, useRef, useState } from "preact/hooks";
import type { Following } from "../following.js";
import { type FrameState, stateOn } from "../state/track.js";
import { words } from "../words/words.js";
import { LaneSample } from "./lane.js";
import { nameOf, ObjectRow } from "./object-row.js";

const thumbnailHeight = 44;
const legend: readonly FrameState[] = ["tracked", "corrected", "unsure", "accepted", "absent", "outdated"];

/** The video from end to end: its frames, where one is, and its objects along it. */
export function Timeline({ following }: { readonly following: Following }) {
  const room = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(300);
  useEffect(() => {
    const { current } = room;
    if (current === null) return;
    const tell = () => setWidth(current.clientWidth);
    const observer = new ResizeObserver(tell);
    observer.observe(current);
    tell();
    return () => observer.disconnect();
  }, []);
  const { frames, current, track, selected } = following;
  const at = ((current + 0.5) / Math.max(1, frames)) * width;
  return (
    <section class="timeline" aria-label={words.page.timeline}>
      <div class="timeline-room" ref={room}>
        <Thumbnails following={following} width={width} />
        <input
          type="range"
          class="scrub"
          id="scrub"
          min={0}
          max={Math.max(0, frames - 1)}
          step={1}
          value={current}
          aria-label={words.page.timeline}
          aria-valuetext={place(following)}
          onInput={({ currentTarget }) => following.go(currentTarget.valueAsNumber)}
        />
        <Marks following={following} width={width} />
        <span class="timeline-now" style={{ insetInlineStart: `${at}px` }} aria-hidden="true" />
      </div>
      {track.objects.length === 0 ? (
        <p class="quiet" id="objects-none">
          {words.page.none}
        </p>
      ) : (
        <>
          <ul class="video-objects" aria-label={words.page.objects}>
            {track.objects.map((object) => (
              <ObjectRow
                key={object.id}
                following={following}
                object={object}
                width={width}
                isSelected={selected === object.id}
              />
            ))}
          </ul>
          <ul class="lane-legend" aria-hidden="true">
            {legend.map((state) => (
              <li key={state}>
                <LaneSample state={state} /> {words.states[state]}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Where one is, with what is there, for those who hear it. */
function place({ current, frames, shelf, track }: Following): string {
  const seconds = `${(shelf.timeMs(current) / 1000).toFixed(2)} s`;
  const objects = track.objects.map((object) => `${nameOf(object)}: ${words.states[stateOn(object, current)]}`);
  return [words.page.frameOf(current + 1, frames), seconds, ...objects].join(", ");
}

/** As many frames as there is room for. */
function Thumbnails({ following, width }: { readonly following: Following; readonly width: number }) {
  const { frames, shelf, size } = following;
  const wide = size.height > 0 ? Math.max(24, (thumbnailHeight * size.width) / size.height) : 64;
  const count = Math.max(1, Math.min(frames, Math.floor(width / wide)));
  return (
    <div class="thumbnails" aria-hidden="true">
      {Array.from({ length: count }, (_, at) => {
        const frame = Math.floor(((at + 0.5) * frames) / count);
        return <img key={at} src={shelf.thumbnailUrl(frame)} alt="" height={thumbnailHeight} />;
      })}
    </div>
  );
}

/** Where there is likely a cut, and where a person should look. */
function Marks({ following, width }: { readonly following: Following; readonly width: number }) {
  const { frames, track } = following;
  const unsure: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    if (track.objects.some((object) => stateOn(object, frame) === "unsure")) unsure.push(frame);
  }
  const left = (frame: number) => ({ insetInlineStart: `${((frame + 0.5) / Math.max(1, frames)) * width}px` });
  return (
    <div class="timeline-marks" aria-hidden="true">
      {[...track.cuts].map((frame) => (
        <span key={`cut-${frame}`} class="mark-cut" style={left(frame)}>
          ✂
        </span>
      ))}
      {unsure.map((frame) => (
        <span key={frame} class="mark-unsure" style={left(frame)}>
          ?
        </span>
      ))}
    </div>
  );
}
