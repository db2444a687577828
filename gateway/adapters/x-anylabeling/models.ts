import { type Model, ModelPoints } from "../../../proto/index.js";
import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { Asked } from "../shared/adapter.js";
import { servedModels } from "../shared/model.js";
import { knowsWords } from "../shared/words.js";

/** Each model is there twice: for pictures, and for videos, whose frames the client sends all at once. */
const prefixes = { picture: "maskwire_", video: "maskwire_video_" } as const;
type Kind = keyof typeof prefixes;

const pointing = [
  { name: "button_add_point", value: null },
  { name: "button_remove_point", value: null },
];
const rectangles = [{ name: "button_add_rect", value: null }];
const finishing = [
  { name: "button_clear", value: null },
  { name: "button_finish_object", value: null },
  { name: "mask_fineness_slider", value: 1 },
  { name: "mask_fineness_value_label", value: null },
];
const wording = [
  { name: "edit_text", value: null },
  { name: "button_send", value: null },
  { name: "edit_conf", value: 0 },
];
/** Of a video the client may be told to keep what is there already. */
const keeping = [{ name: "toggle_preserve_existing_annotations", value: false }];

/** The models in their order, the usual one first. */
export async function modelEntries(asked: Asked): Promise<(readonly [string, object])[]> {
  const words = (await knowsWords(asked)) ? wording : [];
  const models = await servedModels(asked);
  const entry = (title: string, widgets: readonly object[], mode: string) => ({
    display_name: title,
    widgets,
    params: {},
    capabilities: {},
    batch_processing_mode: mode,
  });
  const pictures = models.map(({ id, title }) => {
    const widgets = [...pointing, ...rectangles, ...finishing, ...words];
    return [`${prefixes.picture}${id}`, entry(`Maskwire ${title}`, widgets, "default")] as const;
  });
  const videos = models.filter(takesPoints).map(({ id, title }) => {
    const widgets = [...pointing, ...finishing, ...words, ...keeping];
    return [`${prefixes.video}${id}`, entry(`Maskwire ${title}, videos`, widgets, "video")] as const;
  });
  return [...pictures, ...videos];
}

/** @returns a model's own id, empty for the usual one. @throws ServiceError NOT_FOUND for none of this kind. */
export async function modelNamed(asked: Asked, name: string, kind: Kind): Promise<string> {
  const found = (await servedModels(asked)).find(({ id }) => name === `${prefixes[kind]}${id}`);
  if (!found) throw unknownModel(name);
  return found.usual ? "" : found.id;
}

export const unknownModel = (model: string) =>
  new ServiceError({
    code: Code.NOT_FOUND,
    message: `There is no model "${model.slice(0, 80)}" here; GET /v1/models names those that are.`,
  });

/** Who says nothing of itself takes them. */
const takesPoints = ({ capabilities }: Model) => capabilities?.points !== ModelPoints.NONE;
