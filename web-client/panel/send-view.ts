import { modelInUse } from "../state/models.js";
import { pictureParts } from "../state/picture-parts.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { targetsOf } from "../take-away/targets.js";
import { element } from "./element.js";

/** Hands the picture's objects to a data set; what asks for which one is fetched with the first. */
export class SendView implements View {
  readonly #button = element("take-send", HTMLButtonElement);

  /** @param fileOf a picture's file. */
  constructor(port: StatePort, fileOf: (token: number) => Blob | undefined) {
    this.#button.addEventListener("click", async () => {
      const { openSendDialog } = await import("../datasets/send/send-dialog.js");
      const { picture } = port.state;
      const file = picture.kind === "empty" ? undefined : fileOf(picture.info.token);
      if (picture.kind === "empty" || file === undefined) return;
      const { info, edit } = picture;
      openSendDialog({ file, name: info.name, model: modelInUse(port.state)?.id ?? "", step: edit.present });
    });
  }

  parts({ picture }: State): readonly unknown[] {
    return pictureParts(picture);
  }

  render(state: State): void {
    this.#button.disabled = targetsOf(state).all.length === 0;
  }
}
