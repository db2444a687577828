import type { Preprocess } from "../../services/inference/models/manifest.js";

/** A form in which an encoder may want its pictures. */
export interface PictureForm {
  readonly preprocess: Pick<Preprocess, "mean" | "std" | "resize">;
  /** Blue comes first. */
  readonly swapped: boolean;
  /** What would be wrong with the entry if this one were the right one; undefined for the entry's own. */
  readonly fault?: string;
}

type Triple = Preprocess["mean"];
const all = (value: number): Triple => [value, value, value];

/** What exporters do to the values 0 to 255. */
const normalisations: readonly { mean: Triple; std: Triple }[] = [
  { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  { mean: all(0), std: all(255) },
  { mean: all(127.5), std: all(127.5) },
  { mean: all(0), std: all(1) },
];

/** The entry's own form, then those that it could have been mistaken for, each in one respect. */
export function pictureForms({ mean, std, resize }: PictureForm["preprocess"]): [PictureForm, ...PictureForm[]] {
  const own = { preprocess: { mean, std, resize }, swapped: false };
  const other = resize === "letterbox" ? "stretch" : "letterbox";
  const others = normalisations.filter((one) => String([one.mean, one.std]) !== String([mean, std]));
  return [
    own,
    {
      preprocess: { mean, std, resize: other },
      swapped: false,
      fault: `preprocess.resize is most likely "${other}" and not "${resize}"`,
    },
    {
      ...own,
      swapped: true,
      fault: "the graph most likely takes blue first and red last (BGR); export it so that it takes RGB",
    },
    ...others.map((one) => ({
      preprocess: { ...one, resize },
      swapped: false,
      fault: `preprocess.mean and std are most likely [${one.mean.join(", ")}] and [${one.std.join(", ")}]`,
    })),
  ];
}
