/** Beside sheets of whole pictures: the picture in the ring, large, and the actions with their keys. */
import { markOf } from "./coded.js";
import { AS_IT_IS, stretched } from "./contrast.js";
import { $ } from "./dom.js";
import { Pictures } from "./pictures.js";
import { Tiles } from "./tiles.js";
import { Look, View } from "./view.js";

export class Near {
  constructor(desk, whole, keymap) {
    Object.assign(this, { desk, whole });
    this._look = new Look();
    this._view = new View($("#near"), this._look);
    this._tiles = new Tiles($("#sheet-actions"), desk.project, keymap, (action, strong) => whole.mark(action, strong), { columns: 3 });
    this._of = null;
  }

  label() {
    this._tiles.label();
  }

  /** Show the picture in the ring and how it is coded. */
  show() {
    const { desk } = this;
    const coded = desk.coded(desk.ring);
    const { hidden, codable } = coded;
    const judged = coded.submitted ? [] : coded.judged;
    this._tiles.show((action) => markOf(coded, action), { newest: this.whole.focus, hidden, codable, judged });
    if (desk.ring !== null) this._show(desk.ring);
  }

  async _show(place) {
    const { sequence } = this.desk;
    if (this._of !== sequence) {
      this._pictures?.close();
      const length = Math.max(...this.desk.places) + 1;
      this._pictures = new Pictures((at) => `/pictures/${sequence.number}/${at}`, { length });
      this._of = sequence;
    }
    const at = this.desk.places.indexOf(place);
    this._pictures.want(this.desk.places.slice(at + 1, at + 5));
    const picture = await this._pictures.get(place).catch(() => null);
    if (this.desk.ring !== place) return;
    this._look.set(picture && document.body.dataset.contrast === "stretched" ? stretched(picture) : AS_IT_IS);
    this._view.show(picture);
  }
}
