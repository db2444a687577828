import { type DatasetObject, type DatasetPicture, type Label, PictureState } from "../../../proto/index.js";
import { pictureStates } from "../parts/look-of.js";
import { MaskedPicture } from "../parts/masked-picture.js";
import type { PictureFiles } from "../parts/picture-files.js";
import { placeOf } from "../parts/places.js";
import { words } from "../words/words.js";

interface GridProps {
  readonly dataset: string;
  readonly files: PictureFiles;
  readonly pictures: readonly DatasetPicture[];
  readonly objects: ReadonlyMap<bigint, readonly DatasetObject[]>;
  readonly labels: readonly Label[];
  readonly chosen: ReadonlySet<bigint>;
  readonly onChoose: (picture: bigint, isChosen: boolean) => void;
}

const noObjects: readonly DatasetObject[] = [];

/** Pictures with their masks; each leads to the page where it is worked on. */
export function PictureGrid({ dataset, files, pictures, objects, labels, chosen, onChoose }: GridProps) {
  return (
    <ul class="grid" id="grid">
      {pictures.map((picture) => (
        <li key={String(picture.id)} class="tile">
          <a href={placeOf(dataset, "annotate", { picture: String(picture.id) })}>
            <MaskedPicture
              files={files}
              picture={picture}
              objects={objects.get(picture.id) ?? noObjects}
              labels={labels}
              name={words.set.open(picture.name)}
            />
          </a>
          <label class="tile-line">
            <input
              type="checkbox"
              checked={chosen.has(picture.id)}
              aria-label={words.set.choose(picture.name)}
              onChange={({ currentTarget }) => onChoose(picture.id, currentTarget.checked)}
            />
            <span class="tile-name">{picture.name}</span>
          </label>
          <p class="tags">
            {picture.state !== PictureState.OPEN && (
              <span class="tag" data-kind={picture.state === PictureState.DONE ? "good" : "quiet"}>
                {pictureStates.find(([state]) => state === picture.state)?.[1]}
              </span>
            )}
            {picture.split !== "" && <span class="tag">{picture.split}</span>}
            <span class="tag">{words.sets.objects(picture.objects)}</span>
            {picture.proposed > 0 && <span class="tag">{words.set.proposed(picture.proposed)}</span>}
            {picture.rejected > 0 && (
              <span class="tag" data-kind="bad">
                {words.set.rejected(picture.rejected)}
              </span>
            )}
          </p>
        </li>
      ))}
    </ul>
  );
}
