import { useEffect, useRef, useState } from "preact/hooks";
import type { DatasetObject, DatasetPicture, Label } from "../../../proto/index.js";
import { density } from "../../canvas/density.js";
import { words } from "../words/words.js";
import { paintMasks, partAround } from "./paint-masks.js";
import { type PictureFiles, thumbnailSize } from "./picture-files.js";

interface MaskedPictureProps {
  readonly files: PictureFiles;
  readonly picture: DatasetPicture;
  readonly objects: readonly DatasetObject[];
  readonly labels: readonly Label[];
  /** What it shows, for those who do not see it. */
  readonly name: string;
  /** The one that matters: the picture is cut to it. */
  readonly focus?: DatasetObject | undefined;
}

/** A picture with its masks drawn, once it has come into sight. */
export function MaskedPicture({ files, picture, objects, labels, name, focus }: MaskedPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [bitmap, setBitmap] = useState<ImageBitmap>();
  const [isSeen, setSeen] = useState(false);
  const [problem, setProblem] = useState(false);
  const [round, setRound] = useState(0);
  // A part of it is looked at closely; all of it as it fits, and better once there is more room.
  const [room, setRoom] = useState(0);
  const side = focus === undefined ? room : undefined;

  useEffect(() => {
    const target = canvas.current;
    if (target === null) return;
    const seeing = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
    });
    const sizing = new ResizeObserver(() => {
      setRound((before) => before + 1);
      const wanted = thumbnailSize(Math.max(target.clientWidth, target.clientHeight) * density());
      setRoom((before) => Math.max(before, wanted));
    });
    seeing.observe(target);
    sizing.observe(target);
    return () => {
      seeing.disconnect();
      sizing.disconnect();
    };
  }, []);

  useEffect(() => {
    if (!isSeen || side === 0) return;
    let isWanted = true;
    let shown: ImageBitmap | undefined;
    setProblem(false);
    const coming = side === undefined ? files.bitmap(picture.id) : files.thumbnail(picture, side);
    coming.then(
      (made) => {
        shown = made;
        if (isWanted) setBitmap(made);
        else made.close();
      },
      () => isWanted && setProblem(true),
    );
    return () => {
      isWanted = false;
      setBitmap(undefined);
      shown?.close();
    };
  }, [files, picture.id, isSeen, side]);

  // With another size all of it is painted anew.
  useEffect(() => {
    const target = canvas.current;
    if (target === null || bitmap === undefined) return;
    const { clientWidth, clientHeight } = target;
    if (clientWidth === 0 || clientHeight === 0) return;
    target.width = Math.round(clientWidth * density());
    target.height = Math.round(clientHeight * density());
    const ratio = clientWidth / clientHeight;
    const { width = bitmap.width, height = bitmap.height } = picture.image ?? {};
    const size = { width, height };
    const part = partAround(focus?.bbox ?? { x: 0, y: 0, ...size }, size, ratio);
    paintMasks(target, { bitmap, size, part, objects, labels, isAlone: focus !== undefined });
    target.dataset.drawn = "true";
  }, [bitmap, picture, objects, labels, focus, round]);

  return (
    <div class="masked" data-ratio={focus === undefined ? "picture" : "object"}>
      <canvas ref={canvas} role="img" aria-label={name} />
      {problem && <p class="quiet">{words.problems.noPicture(picture.name)}</p>}
    </div>
  );
}
