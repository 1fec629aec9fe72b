// The live page: rooms, and the session of one of them. What it shows comes by the topics `room` and `live`; what is
// asked of the box goes by the stores `live-order`, `live-moment` and `live-now` to the page's callbacks.
(() => {
  const UNITS = "affectbox.live.units";
  const SPAN = "affectbox.live.span";
  const STALE_S = 6;
  const STATES = { watching: "●", paused: "Ⅱ", idle: "○", silent: "!", never: "!", unknown: "!", ended: "○" };

  const $ = (id) => document.getElementById(id);
  const set = (id, text) => {
    const element = $(id);
    if (element && element.textContent !== text) element.textContent = text;
  };
  const hand = (id, data) => dash_clientside.set_props(id, { data });
  const kept = (name, otherwise) => {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const keep = (name, value) => {
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // a browser that keeps nothing: it is chosen anew each time
    }
  };
  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = String(Math.floor(whole / 60) % 60).padStart(hours ? 2 : 1, "0");
    return `${hours ? `${hours}:` : ""}${minutes}:${String(whole % 60).padStart(2, "0")}`;
  };
  const long = (seconds) => (seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
  const at = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const stateOf = (box) => (box.state === "silent" ? `${box.words} since ${at(box.silent_ms)}` : box.words);

  // ---- rooms

  const cards = new Map();
  affectbox.on("room", (device, data) => {
    const card = cards.get(device);
    if (!card || !data.box) return;
    card.dataset.state = data.box.state;
    card.querySelector(".room-state").textContent = `${STATES[data.box.state] || "◐"} ${stateOf(data.box)}`;
    card.querySelector(".room-with").textContent = data.box.with ? `with ${data.box.with}` : "";
  });
  affectbox.onTrouble("room", (device, text) => {
    const state = cards.get(device)?.querySelector(".room-state");
    if (state) state.textContent = text;
  });
  affectbox.mounted(".room[data-device]", (card) => {
    const device = card.dataset.device;
    cards.set(device, card);
    affectbox.want("room", device);
    return () => {
      cards.delete(device);
      affectbox.drop("room", device);
    };
  });

  // ---- the session

  let view = null;
  let names = []; // of phases, stimuli and marks, while this page is open: whoever signs in next does not see them
  affectbox.on("live", (device, data) => view?.device === device && view.hear(data));
  affectbox.onTrouble("live", (device, text) => view?.device === device && view.trouble(text));

  affectbox.mounted(".live-session", (root) => {
    view = session(root);
    affectbox.want("live", view.device);
    return () => {
      affectbox.drop("live", view.device);
      view.stop();
      view = null;
    };
  });

  function session(root) {
    const device = root.dataset.device;
    const facts = JSON.parse(root.dataset.facts);
    let box = null;
    let samples = null; // the last message of them, without its columns
    let hints = [];
    let odd = "";
    let away = "";
    let unseen = "";
    let unwatched = "";
    let ahead = null; // of the database's clock before this browser's, milliseconds
    let came = 0; // when the newest sample came, by this browser's clock
    let liveAt = 0; // when a live second came
    let moment = null;
    let told = "";

    const now = () => (Date.now() + (ahead ?? affectbox.now() - Date.now())) / 1000;
    const strips = affectbox.strips($("live-strips"), $("live-axis"), facts, now);
    let units = kept(UNITS, null) || [...facts.usual];
    strips.choose(keys());
    span(kept(SPAN, 60), false);
    choices();
    recents();

    function keys() {
      return [...facts.emotions, ...facts.units.map((unit) => unit.key).filter((key) => units.includes(key)), ...(units.includes("pain") ? ["pain"] : [])];
    }

    function span(seconds, chosen = true) {
      strips.span(seconds);
      for (const button of root.querySelectorAll("[data-seconds]")) {
        button.setAttribute("aria-pressed", String(Number(button.dataset.seconds) === seconds));
      }
      if (chosen) keep(SPAN, seconds);
    }

    function choices() {
      const place = $("live-choice");
      const pick = (key, name, tier) => {
        const label = document.createElement("label");
        const box = document.createElement("input");
        box.type = "checkbox";
        box.value = key;
        box.checked = units.includes(key);
        const said = document.createElement("span");
        said.textContent = `${key === "pain" ? "" : `${key} `}${name}`;
        const how = document.createElement("em");
        how.textContent = tier ? facts.tiers[tier][0] : "a sum of action units, no judgement of pain";
        how.title = tier ? facts.tiers[tier][1] : "";
        label.append(box, said, how);
        place.append(label);
      };
      for (const unit of facts.units) pick(unit.key, unit.name, unit.tier);
      pick("pain", "Pain line (PSPI)", "");
      place.addEventListener("change", () => {
        units = [...place.querySelectorAll("input:checked")].map((box) => box.value);
        keep(UNITS, units);
        strips.choose(keys());
        if (samples) strips.say();
      });
    }

    // ---- news

    function hear(data) {
      if ("box" in data) {
        box = data.box;
        showBox();
      }
      if ("away" in data) away = data.away;
      if ("unwatched" in data) unwatched = data.unwatched;
      if ("unseen" in data) unseen = data.unseen;
      if ("odd" in data) odd = data.odd;
      if ("hints" in data) hints = data.hints;
      if ("command" in data) showCommand(data.command);
      if ("left" in data) {
        hints = [];
        odd = unseen = "";
      }
      if (box && !box.session && samples) forget();
      if ("samples" in data) take(data.samples);
      show();
    }

    // Nothing of a session stays when it is over, or another person's begins; a pause only interrupts it.
    function forget() {
      samples = null;
      moment = null;
      strips.clear();
      hand("live-now", null);
    }

    function take(fresh) {
      if (samples && samples.patient !== box?.patient) forget();
      if (fresh.seen) {
        liveAt = Date.now();
        const here = fresh.seen - Date.now();
        ahead = ahead === null ? here : Math.max(ahead - 1, here);
        odd = "";
      }
      if (fresh.anew) strips.clear();
      const before = strips.newest();
      strips.take(fresh);
      const newest = strips.newest();
      if (fresh.seen && before !== null && newest > before) strips.behind(now() - before + 0.1);
      came = Date.now();
      if (samples?.session !== fresh.session || Math.abs(samples.began - fresh.began) > 2) {
        hand("live-now", { patient: box?.patient || "", visit: `${device}~${fresh.session}`, began: fresh.began });
      }
      const { session, began, trusted, coarse, rest } = fresh;
      samples = { patient: box?.patient, session, began, trusted, coarse, rest: rest.length ? rest : samples?.rest || [], live: Date.now() - liveAt < STALE_S * 1000 };
      strips.say();
    }

    function showBox() {
      set("live-state", stateOf(box));
      $("live-state").dataset.state = box.state;
      set("live-with", box.with ? `with ${box.with}` : "");
      for (const button of root.querySelectorAll("[data-do]")) button.hidden = !box.may.includes(button.dataset.do);
      $("live-marks").hidden = !box.may.includes("mark");
      $("live-note").hidden = !box.session || !box.shown;
    }

    function showCommand(command) {
      const place = $("live-command");
      const text = command ? command.text : "";
      if (text !== told) {
        told = text;
        place.textContent = text;
        place.dataset.state = command ? command.state : "";
      }
    }

    // ---- words

    function show() {
      if (!box) return;
      const newest = strips.newest();
      const behind = newest === null ? null : now() - newest;
      const stale = box.session && box.state !== "paused" && behind !== null && behind > (samples?.live ? STALE_S : 40);
      root.classList.toggle("stale", Boolean(stale) || Boolean(away));
      showNotes(stale, behind);
      showDelay(stale, behind);
      showWords(stale);
      set("live-length", box.session && samples ? clock(now() - samples.began) : "");
      if (!moment) set("live-note-time", samples ? `at ${clock(now() - samples.began)}` : "");
    }

    function showDelay(stale, behind) {
      if (away) return set("live-delay", `Database away: shown is what was there at ${at(came || Date.now())}`);
      if (!box.session || behind === null) return set("live-delay", "");
      if (box.state === "paused") return set("live-delay", "paused");
      if (stale) return set("live-delay", `nothing new for ${long(behind)}`);
      const about = samples.trusted ? "" : "at least ";
      set("live-delay", `${about}${long(Math.max(1, behind))} behind${samples.live ? "" : ", not live"}`);
    }

    function showNotes(stale, behind) {
      const notes = [...box.notes];
      if (away) notes.unshift(["trouble", away]);
      if (odd) notes.unshift(["trouble", odd]);
      if (unseen) notes.unshift(["trouble", unseen]);
      if (unwatched) notes.push(["warning", `The box is not told that you watch: ${unwatched}`]);
      if (box.session && box.patient && !box.shown) {
        notes.unshift(["warning", "The session in this room is of somebody who is not your patient. Nothing of it is shown."]);
      }
      if (box.session && box.patient === "unnamed") {
        notes.push(["note", "Nobody is named in this session: notes cannot be kept with it"]);
      }
      if (samples && !samples.live && box.session && !stale && behind !== null && box.state === "watching") {
        notes.push(["note", samples.coarse ? "Not live: means of seconds or minutes, as the box sends them" : "Not live: the newest packs, some 15 s at a time"]);
      }
      if (samples?.rest.length) notes.push(samples.rest);
      const place = $("live-notes");
      const key = JSON.stringify(notes);
      if (place.dataset.key === key) return;
      place.dataset.key = key;
      place.replaceChildren(
        ...notes.map(([level, text]) => {
          const item = document.createElement("li");
          item.className = level;
          item.textContent = text;
          return item;
        }),
      );
    }

    function showWords(stale) {
      const words = $("live-words");
      const say = (kind, leading, sure, bar, quality, also) => {
        words.dataset.kind = kind;
        set("live-leading", leading);
        set("live-sure", sure);
        $("live-bar").style.width = `${Math.round(bar * 100)}%`;
        set("live-quality", quality);
        set("live-also", also);
      };
      if (!box.session || !box.shown) return say("none", "–", "", 0, box.session ? "Nothing is shown" : noSession(), "");
      if (box.state === "paused") return say("none", "–", "", 0, "Paused: the camera is closed", "");
      const recent = stale ? null : strips.recent(0.7);
      if (!recent) return say("none", "–", "", 0, stale ? "Nothing new comes" : "Waiting for the first picture", "");
      const todo = hints.map((hint) => facts.hints[hint]).filter(Boolean);
      const part = recent.part ? capital(facts.parts[recent.part]) : "";
      if (recent.kind === "all") {
        const reason = capital(recent.words);
        const help = todo.find((text) => text !== "Nobody is in view") || "";
        return say("gap", "Not measured", "", 0, reason, help);
      }
      const quality = part || todo[0] || "Good picture";
      const also = part ? todo[0] || "" : todo.slice(1).join(" · ");
      if (recent.kind === "disagree") {
        return say("disagree", "They disagree", "expression and action units disagree: rely on neither", 0, quality, also);
      }
      if (recent.kind === "none") return say("gap", "Not measured", "", 0, quality, also);
      const how = recent.sure >= 0.75 ? "clear" : recent.sure >= 0.5 ? "leaning" : "unclear";
      return say("expression", recent.words, `${how}, ${Math.round(recent.sure * 100)} %`, recent.sure, quality, also);
    }

    const noSession = () => ({ idle: "No session", ended: "Switched off", silent: "Silent", never: "Never heard of", framing: "The camera is being set up" })[box.state] || box.words;

    // ---- what is asked of the box

    const CONFIRM = {
      end: (who) => [`End the session${who}?`, "It cannot be taken up again. To interrupt it, pause instead.", "Yes, end it"],
      revoke: (who) => [
        `Withdraw the consent${who}?`,
        "The camera closes at once. What was not sent is erased; what was sent is marked as withdrawn. This cannot be undone.",
        "Yes, withdraw it",
      ],
    };

    function order(what) {
      const name = ["mark", "phase", "stimulus"].includes(what) ? $("live-name").value.trim() : "";
      const patient = what === "revoke" ? box?.patient : "";
      const send = () => {
        if (what !== "begin") showCommand({ text: "Sending …", state: "sent" });
        hand("live-order", { do: what, name, patient, n: Date.now() });
        if (name) remember(what, name);
      };
      if (!CONFIRM[what]) return send();
      const [head, text, yes] = CONFIRM[what](box?.patient && box.shown && box.patient !== "unnamed" ? ` of ${box.patient}` : "");
      set("live-ask-head", head);
      set("live-ask-text", text);
      root.querySelector("[data-answer=yes]").textContent = yes;
      $("live-ask").onclose = () => $("live-ask").returnValue === "yes" && send();
      $("live-ask").returnValue = "";
      $("live-ask").showModal();
    }

    function remember(what, name) {
      const others = names.filter((one) => one.do !== what || one.name !== name);
      names = [{ do: what, name }, ...others].slice(0, 6);
      recents();
    }

    function recents() {
      $("live-recent").replaceChildren(
        ...names.map((one) => {
          const button = document.createElement("button");
          button.type = "button";
          button.className = "recent-name";
          button.textContent = `${capital(one.do)}: ${one.name}`;
          button.onclick = () => {
            $("live-name").value = one.name;
            order(one.do);
          };
          return button;
        }),
      );
    }

    function click(event) {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.do) order(button.dataset.do);
      else if (button.dataset.seconds) span(Number(button.dataset.seconds));
      else if (button.dataset.answer) $("live-ask").close(button.dataset.answer);
    }

    function mark() {
      moment = { patient: box?.patient || "", visit: samples ? `${device}~${samples.session}` : "", wall: Math.round(now() * 1000) / 1000 };
      moment.shown = samples ? clock(now() - samples.began) : "";
      set("live-note-time", `at ${moment.shown}`);
      set("live-note-said", "");
      hand("live-moment", moment);
    }

    function typed(event) {
      if (event.target.id !== "live-note-text") return;
      if (!event.target.value) moment = null;
      else if (!moment) mark();
    }

    function pressed(event) {
      if (event.target.id === "live-note-text" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        event.target.blur();
        setTimeout(() => $("live-note-keep").click(), 50);
        return;
      }
      const busy = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey;
      if (busy || $("live-ask").open || document.querySelector("[role=dialog]")) return;
      if (event.key === "m" && !$("live-marks").hidden) {
        event.preventDefault();
        order("mark");
      } else if (event.key === "n" && !$("live-note").hidden) {
        event.preventDefault();
        $("live-note-text").focus();
      }
    }

    const said = new MutationObserver(() => {
      if ($("live-note-said")?.textContent) moment = null;
    });
    said.observe($("live-note-said"), { childList: true, characterData: true, subtree: true });
    root.addEventListener("click", click);
    root.addEventListener("input", typed);
    document.addEventListener("keydown", pressed);
    const ticking = setInterval(show, 500);

    return {
      device,
      hear,
      trouble(text) {
        set("live-state", "Not to be seen");
        set("live-quality", text);
        set("live-leading", "–");
      },
      strips,
      stop() {
        clearInterval(ticking);
        said.disconnect();
        document.removeEventListener("keydown", pressed);
        strips.stop();
      },
    };
  }

  // For tests: what is shown.
  affectbox.live = () => view;
})();
