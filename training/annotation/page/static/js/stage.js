/** The frame that is shown, large, with where it is and how far its coding is. */
import { present } from "./coded.js";
import { $, set, text } from "./dom.js";

const LATE_MS = 150;

export class Stage {
  constructor(desk, player, view) {
    Object.assign(this, { _desk: desk, _player: player, _view: view, _shown: null, _coming: null });
    desk.addEventListener("sequence", () => (this._shown = null));
  }

  show() {
    const { _desk: desk, _player: player } = this;
    const index = player.at ?? desk.index;
    $("#stage").classList.toggle("playing", player.isPlaying);
    if (this._shown !== index) this._coming = this._picture(index);
    const place = desk.placeAt(index);
    text($("#where"), this._where(place));
    this._state(desk.codedAt(place));
  }

  /** Whether the frame is shown, when its picture has come; where none came, that is tried again. */
  async canBeSeen() {
    if (this._missing) this._coming = this._picture(this._shown);
    await this._coming;
    return !this._missing;
  }

  async _picture(index) {
    this._shown = index;
    this._missing = "";
    const { pictures } = this._desk;
    const there = pictures.peek(index);
    const stage = $("#stage");
    stage.classList.remove("loading");
    if (there) return this._view.show(there);
    const late = setTimeout(() => stage.classList.add("loading"), LATE_MS); // lest the picture before be coded
    try {
      const picture = await pictures.get(index);
      if (this._isWanted(index, pictures)) this._view.show(picture);
    } catch (error) {
      if (!this._isWanted(index, pictures)) return undefined;
      this._view.show(null);
      this._missing = error.message;
      this._state(this._desk.coded);
    } finally {
      clearTimeout(late);
      if (this._isWanted(index, pictures)) stage.classList.remove("loading");
    }
    return undefined;
  }

  _isWanted = (index, pictures) => this._shown === index && pictures === this._desk.pictures;

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
