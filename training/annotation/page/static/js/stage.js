/** The frame that is shown, large, with where it is and how far its coding is. */
import { present } from "./coded.js";
import { $, set, text } from "./dom.js";

export class Stage {
  constructor(desk, player, view) {
    Object.assign(this, { _desk: desk, _player: player, _view: view, _shown: null });
    desk.addEventListener("sequence", () => (this._shown = null));
  }

  show() {
    const { _desk: desk, _player: player } = this;
    const index = player.at ?? desk.index;
    $("#stage").classList.toggle("playing", player.isPlaying);
    if (this._shown !== index) this._picture(index);
    const place = desk.placeAt(index);
    text($("#where"), this._where(place));
    this._state(desk.codedAt(place));
  }

  async _picture(index) {
    this._shown = index;
    this._missing = "";
    const { pictures } = this._desk;
    const there = pictures.peek(index);
    if (there) return this._view.show(there);
    try {
      const picture = await pictures.get(index);
      if (this._shown === index && pictures === this._desk.pictures) this._view.show(picture);
    } catch (error) {
      if (this._shown !== index || pictures !== this._desk.pictures) return undefined;
      this._view.show(null);
      this._missing = error.message;
      this._state(this._desk.coded);
    }
    return undefined;
  }

  _where(place) {
    const { sequence } = this._desk;
    const { label, frame } = this._desk.aboutAt(place);
    if (!sequence.times_s) return label || `picture ${frame}`;
    const seconds = sequence.times_s[place];
    const minutes = Math.floor(seconds / 60);
    return `${label || `frame ${frame}`} · ${minutes}:${(seconds - 60 * minutes).toFixed(3).padStart(6, "0")}`;
  }

  _state(coded) {
    const element = $("#state");
    const kind = this._missing ? "missing" : coded.submitted ? "submitted" : "draft";
    set(element, "data-state", kind);
    const draft = present(coded).length ? "not submitted" : "";
    text(element, this._missing || { submitted: "✓ submitted", draft }[kind] + (coded.codable ? "" : " · not codable"));
  }
}
