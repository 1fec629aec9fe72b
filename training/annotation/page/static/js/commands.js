/** What each command of the key map does in the view of frames and episodes. */
import { choose } from "./chooser.js";
import { present } from "./coded.js";
import { ask, tell } from "./dialogs.js";
import { $ } from "./dom.js";
import { nextView } from "./head.js";
import { get } from "./net.js";
import { hint, say } from "./say.js";

/** What is pressed after these waits until they are done. */
const AWAITED = ["submit", "remove", "clear", "repeat", "upper", "lower", "uncodable", "previous", "next"];
const UNSEEN = "It cannot be shown and is not submitted: mark it not codable, or go on.";

export class Commands {
  /** @param {{order, desk, doing, episodes, player, stage, look, view, beside, onKeys: () => void}} parts */
  constructor(parts) {
    Object.assign(this, parts);
    this.all = {
      submit: () => this._submit(),
      remove: () => (this.inEpisodes ? this.episodes.remove() : this.doing.digit(0)),
      clear: () => (this.inEpisodes ? this.episodes.remove() : this.doing.clear()),
      other: () => (this.inEpisodes ? this.episodes.step(-1) : this.doing.other()),
      repeat: () => (this.inEpisodes ? this.episodes.step(1) : this.doing.repeat()),
      upper: () => this.doing.hide("upper"),
      lower: () => this.doing.hide("lower"),
      uncodable: () => this.doing.uncodable(),
      undo: () => this._undo("undo"),
      redo: () => this._undo("redo"),
      ask: () => this.doing.ask(),
      back: () => this.go(this.at - 1),
      on: () => this.go(this.at + 1),
      back10: () => this.go(this.at - 10),
      on10: () => this.go(this.at + 10),
      first: () => this.go(0),
      last: () => this.go(this.desk.length - 1),
      open: () => this._nextOpen(),
      jump: () => this._toField(),
      previous: () => this._another(-1),
      next: () => this._another(1),
      choose: () => this.choose(),
      play: () => this._play(() => this.player.playLast()),
      run: () => this._play(() => this.player.run()),
      loop: () => this._play(() => this._loop()),
      slower: () => this._speed(-1),
      faster: () => this._speed(1),
      mode: () => this._timed() && this._mode(),
      onset: () => this.episodes.onset(),
      apex: () => this.episodes.apex(),
      offset: () => this.episodes.offset(),
      closer: () => this.look.closer(),
      wider: () => this.look.wider(),
      whole: () => this.look.whole(),
      face: () => this._face(),
      brighter: () => this.look.brighten(0.1),
      darker: () => this.look.brighten(-0.1),
      neutral: () => this._neutral(),
      view: nextView,
      help: () => this.onKeys(),
    };
  }

  get inEpisodes() {
    return this.desk.mode === "episodes";
  }

  /** Index of the frame that is shown. */
  get at() {
    return this.player.at ?? this.desk.index;
  }

  /** Do a command by its name. Resolves where later ones have to wait for it. */
  do(name) {
    const done = this.desk.sequence ? this.all[name]?.() : undefined;
    return AWAITED.includes(name) ? done : undefined;
  }

  go(index) {
    this.player.stop();
    if (!this.desk.go(index)) this.desk.changed("coded");
  }

  /** An action's key or button; `when`: the time of the press, ms as of `performance.now()`. */
  press(action, strong, when = performance.now()) {
    if (!this.desk.actions[action]) return undefined;
    return this.inEpisodes ? this.episodes.press(action, strong, when) : this.doing.press(action, strong);
  }

  /** By pointer: in episodes, a tap. */
  tap(action, strong) {
    const done = this.press(action, strong);
    if (this.inEpisodes) this.episodes.release(action);
    return done;
  }

  digit(number) {
    return this.inEpisodes ? this.episodes.digit(number) : this.doing.digit(number);
  }

  /** Returns whether there was anything to leave. */
  escape() {
    if (this.player.isPlaying) this.player.stop();
    else if (this.desk.chosen) this.episodes.choose("");
    else return false;
    return true;
  }

  /** Let the coder choose a sequence. */
  async choose() {
    const current = this.desk.sequence?.number;
    const number = await choose(current);
    if (number !== null && number !== current) await this.openSequence(number);
  }

  async openSequence(number, place = null) {
    this.player.stop();
    try {
      await this.desk.open(number, place);
    } catch (error) {
      tell(error.message);
    }
  }

  /** After something was taken back or done again: look there. */
  async follow({ sequence, place, what }) {
    if (sequence !== this.desk.sequence.number) await this.openSequence(sequence, place);
    else if (place !== null) this.desk.go(this.desk.indexOf(place));
    hint(this._undone ? `${what}: ${this._undone}` : what);
  }

  async _submit() {
    const { desk, doing } = this;
    if (this.inEpisodes) return this._nextEpisode();
    this.player.stop();
    const { here } = doing;
    await desk.known();
    const isSeen = await this._isSeen();
    if (here !== doing.here) return undefined; // the coder went on before it came
    if (!isSeen) return hint(this.order.forget() ? `${UNSEEN} Keys that followed were not taken.` : UNSEEN);
    const wasSubmitted = doing.submit();
    const marks = present(desk.coded).length;
    const next = wasSubmitted ? desk.index + 1 : desk.runs.next(desk.index);
    if (next === undefined || next >= desk.length) return this._end();
    desk.go(next);
    return say(`submitted with ${marks || "no"} ${marks === 1 ? "mark" : "marks"}; ${desk.numberAt(next)}`);
  }

  _nextEpisode() {
    this.episodes.step(1);
    if (this.episodes.chosen) this.go(this.episodes.chosen.onset);
  }

  /** Nobody says what is absent of a picture that is not there. */
  async _isSeen() {
    const { submitted, codable } = this.desk.coded;
    return submitted || !codable || this.stage.canBeSeen();
  }

  _nextOpen() {
    const next = this.desk.runs.next(this.desk.index);
    if (next === undefined || next === this.desk.index) this._end();
    else this.go(next);
  }

  /** After the last frame; what is pressed then does not wait for that. */
  _end() {
    this._finished().catch((error) => tell(error.message));
  }

  /** Nothing is left here: go on elsewhere, if the coder likes. */
  async _finished() {
    const { desk } = this;
    const left = desk.runs.next(desk.index);
    if (left !== undefined) return this.go(left);
    await desk.queue.whenEmpty();
    const { sequences } = await get("/api/progress");
    const open = sequences.find((one) => one.number !== desk.sequence.number && one.submitted < (one.length ?? 1));
    const done = `All ${desk.length.toLocaleString()} frames of ${desk.sequence.title} are submitted.`;
    if (!open) return ask(`${done} Nothing is left in this project.`, { yes: "Good", no: "" });
    const goesOn = await ask(`${done} Go on with ${open.title}?`, { yes: "Go on", no: "Stay here" });
    return goesOn ? this.openSequence(open.number) : undefined;
  }

  _undo(type) {
    const { desk } = this;
    if (!desk.undoing[type] && !desk.queue.pending) return hint(`There is nothing to ${type}.`);
    this._undone = desk.undoing[type];
    return desk.actBlind(type);
  }

  _toField() {
    $("#jump").focus();
    $("#jump").select();
  }

  _another(by) {
    const next = this.desk.sequence.number + by;
    if (next >= 0 && next < this.desk.project.sequences) return this.openSequence(next);
    return hint(`This is the ${by > 0 ? "last" : "first"} sequence.`);
  }

  _timed() {
    if (this.desk.sequence.ordered) return true;
    hint("These pictures do not follow each other in time.");
    return false;
  }

  _play(begin) {
    if (!this._timed()) return undefined;
    if (this.player.isPlaying) return this.player.stop();
    if (!this.desk.sequence.times_s) hint("Nobody said how many frames a second there are: 25 are played.");
    return begin();
  }

  _loop() {
    const holds = ([, one]) => one.onset <= this.at && this.at <= (one.offset ?? this.at);
    const episode = this.episodes.chosen ?? this.episodes.all().find(holds)?.[1];
    if (!episode) return hint("Choose an episode first.");
    return this.player.loop(episode.onset, episode.offset ?? this.desk.length - 1);
  }

  _speed(by) {
    const choice = $("#speed");
    choice.selectedIndex = Math.max(0, Math.min(choice.selectedIndex + by, choice.options.length - 1));
    this.player.speed = Number(choice.value);
    hint(`speed ${choice.selectedOptions[0].textContent}`);
  }

  _mode() {
    this.episodes.releaseAll();
    this.desk.mode = this.inEpisodes ? "frames" : "episodes";
    say(`coding ${this.desk.mode}`);
    this.desk.changed("coded");
  }

  async _face() {
    const { desk } = this;
    try {
      const { box } = await get(`/api/face/${desk.sequence.number}/${desk.placeAt(this.at)}`);
      if (!box) return hint("No face is found.");
      this.view.frame(box);
      say("the face is framed");
    } catch (error) {
      tell(error.message);
    }
  }

  async _neutral() {
    const { desk } = this;
    if (!desk.sequence.participant) return hint("Every picture is of somebody else.");
    this.player.stop();
    desk.act({ type: "setneutral", place: desk.place });
    await desk.queue.whenEmpty();
    desk.sequence.neutral = true;
    desk.sequence.neutral_is = `frame ${desk.numberAt(desk.index)}`;
    hint("This frame is taken as neutral.");
    return this.beside.showNeutral();
  }
}
