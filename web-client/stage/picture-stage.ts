import { CanvasView } from "../canvas/canvas-view.js";
import { listenToCanvasKeys } from "../canvas/keyboard-input.js";
import type { ObjectLook } from "../canvas/objects-layer.js";
import { listenToPointer } from "../canvas/pointer-input.js";
import { PointingView } from "../canvas/pointing-view.js";
import { listenToRoom } from "../canvas/room-input.js";
import { ToolLayer } from "../canvas/tool-layer.js";
import { listenToView } from "../canvas/view-input.js";
import { Client } from "../client.js";
import { element } from "../panel/element.js";
import { StageView } from "../panel/stage-view.js";
import { StatusView } from "../panel/status-view.js";
import { ToolboxView } from "../panel/toolbox-view.js";
import { ZoomView } from "../panel/zoom-view.js";
import { Screen } from "../screen.js";
import { Drawing } from "../state/drawing.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { SceneObject } from "../state/work.js";

interface StageOptions {
  /** Hears of every other state, once what moves with the pointer is drawn. */
  readonly changed: (state: State) => void;
  /** Left out where objects have the colours that they took in turn. */
  readonly lookOf?: (object: SceneObject) => ObjectLook | undefined;
}

/**
 * A picture to prompt on, with all that it takes: the state, the connection, the canvas with its tools and what is said below
 * it. Any page has one whose HTML holds the parts `canvas`, `around-picture` and `status`.
 */
export class PictureStage {
  readonly client: Client;
  readonly port: StatePort;
  /** Draws this, and whatever a page adds. */
  readonly screen: Screen;
  readonly #view: CanvasView;

  constructor({ changed, lookOf }: StageOptions) {
    const canvas = element("canvas", HTMLCanvasElement);
    const layer = new ToolLayer(element("tool-layer", HTMLCanvasElement));
    this.client = new Client({
      changed: () => {
        const { state } = this.client.store;
        // With the pointer, and never held up by a mask that is near.
        pointing.drawIfStale(state, performance.now());
        this.screen.invalidate();
        changed(state);
      },
      show: (bitmap) => {
        // Before it is fitted: a frame may be late to tell.
        tellRoom();
        this.#view.bitmap = bitmap;
      },
    });
    const port = this.client.store;
    this.port = port;
    this.screen = new Screen(port);
    this.#view = new CanvasView({ canvas, tools: layer, onStale: () => this.screen.invalidate(), lookOf });
    const pointing = new Drawing(new PointingView(canvas, layer));
    this.screen.add({
      canvas: [new StageView(), this.#view],
      others: [new StatusView(port), new ToolboxView(port), new ZoomView(port)],
    });

    const tellRoom = listenToRoom(element("room", HTMLElement), port);
    // Before the pointer: what moves the picture is nothing to click with.
    listenToView(canvas, port);
    listenToPointer(canvas, port);
    listenToCanvasKeys(canvas, port);
    addEventListener("online", () => port.dispatch({ kind: "network-back" }));
    addEventListener("offline", () => {
      port.dispatch({ kind: "network-lost" });
      this.client.disconnect();
    });
  }

  /** Objects look otherwise than they did. */
  repaint(): void {
    this.#view.repaint();
  }

  /** The pixels of the picture on the canvas. */
  get bitmap(): ImageBitmap | undefined {
    return this.#view.bitmap;
  }
}
