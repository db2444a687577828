/** `@maskwire/client/element`: defines `<maskwire-image>`. */

import { MaskwireImage } from "./maskwire-image.js";

export { type ElementWords, type MaskDetail, MaskwireImage } from "./maskwire-image.js";

if (customElements.get("maskwire-image") === undefined) customElements.define("maskwire-image", MaskwireImage);

declare global {
  interface HTMLElementTagNameMap {
    "maskwire-image": MaskwireImage;
  }
}
