// What every page shares: the tab's WebSocket, and what is to be seen when it is lost.
//
//   affectbox.want(topic, of)              hear news of it; survives a lost connection
//   affectbox.drop(topic, of)
//   affectbox.on(topic, (of, data) => …)   what to do with news
//   affectbox.onTrouble(topic, (of, text) => …)
//   affectbox.now()                        the database's time, milliseconds since 1970
//   affectbox.mounted(selector, start)     start(element) when it appears, and the function it returns when it goes
window.affectbox = (() => {
  const OVER = 4401;
  const wanted = new Map();
  const hearers = {};
  const troubled = {};
  const mounts = [];
  const running = new Map();
  let socket = null;
  let wait = 1000;
  let ahead = 0;
  let lostSince = null;
  let told = 0;
  let leaving = false;
  let slow = 0;  // answers that have been awaited for longer than LATE_MS
  let missed = false;  // whether a page was asked for and never came
  const LATE_MS = 600;
  const STOPS_MS = 500;  // a dashboard that stops still answers for a moment
  const NO_PAGE = "The dashboard does not answer. The page that you asked for comes when it does; this is the one before.";
  const UNHEARD = "The dashboard does not answer, and what you did last may not be kept: look, and do it again, when it does.";
  let visit = null;

  const key = (topic, of) => `${topic}\n${of}`;
  const say = (what) => {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
  };

  function connect() {
    let wasOpen = false;
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`);
    socket.onopen = () => {
      wasOpen = true;
      wait = 1000;
      lostSince = null;
      if (missed) location.reload();
      show();
      for (const [topic, of] of wanted.values()) say({ want: topic, of });
    };
    socket.onmessage = (event) => {
      const said = JSON.parse(event.data);
      if (said.now) greeted(said);
      else if ("trouble" in said) (troubled[said.topic] || []).forEach((hear) => hear(said.of, said.trouble));
      else (hearers[said.topic] || []).forEach((hear) => hear(said.of, said.data));
    };
    socket.onclose = (event) => {
      if (event.code === OVER) return leave();
      if (!wasOpen) fetch("/_reload-hash").catch(() => {}); // out of reach, or is the visit over? then it answers 401
      if (lostSince === null) lostSince = new Date();
      show();
      setTimeout(connect, wait * (0.5 + Math.random() / 2));
      wait = Math.min(2 * wait, 15000);
    };
  }

  // What stands on a page is for the visit that it was opened in, and for no other that the browser has by now.
  function greeted(said) {
    ahead = said.now - Date.now();
    if (visit !== null && visit !== said.visit) return leave("/");
    visit = said.visit;
  }

  function show() {
    const place = document.getElementById("connection");
    if (!place) return;
    const lost = lostSince ? `Connection lost since ${lostSince.toLocaleTimeString()}` : "";
    const text = lost || (slow ? "Loading…" : "");
    if (place.textContent !== text) place.textContent = text;
    document.documentElement.classList.toggle("lost", lostSince !== null);
  }

  function waiting(more) {
    slow += more;
    document.documentElement.classList.toggle("slow", slow > 0);
    show();
  }
  async function guarded(asking) {
    const answer = await asking;
    if (answer.status !== 401) return answer;
    leave();
    return new Promise(() => {});  // nobody here needs to know more
  }

  // Nobody is signed in here any more: nothing of what was shown may stay.
  function leave(to) {
    if (leaving) return;
    leaving = true;
    document.body.replaceChildren();
    // Only a lock, which is its owner's, leads back to where they were; else whoever comes next would learn of it.
    setTimeout(go, STOPS_MS, to || `/locked?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  // Where nothing answers, the browser would show its own page of errors and stay there.
  async function go(to) {
    try {
      await fetched("/door.css", { cache: "no-store" });
    } catch {
      const told = "The dashboard was stopped, or cannot be reached. When it is there again, sign in here.";
      document.body.replaceChildren(Object.assign(document.createElement("p"), { className: "message", textContent: told }));
      setTimeout(go, 3000, to);
      return;
    }
    location.replace(to);
  }
  // Who signs out is on the way already.
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname === "/sign-out") leaving = true;
  });

  const fetched = window.fetch;
  window.fetch = async (...asked) => {
    if (!String(asked[0]?.url || asked[0]).includes("/_dash-update-component")) return guarded(fetched(...asked));
    let late = false;
    const timer = setTimeout(() => waiting((late = true) && 1), LATE_MS);
    try {
      return await guarded(fetched(...asked));
    } catch (error) {
      if (leaving || error.name === "AbortError") throw error;
      const page = String(asked[1]?.body).includes("page.children");
      missed ||= page;
      dash_clientside.set_props("trouble", { children: page ? NO_PAGE : UNHEARD, hidden: false });
      return new Response(null, { status: 204 });  // what leaves the page as it is
    } finally {
      clearTimeout(timer);
      if (late) waiting(-1);
    }
  };
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  for (const kind of ["pointerdown", "keydown"]) {
    window.addEventListener(
      kind,
      () => {
        if (Date.now() - told > 30000) {
          told = Date.now();
          say({ active: true });
        }
      },
      { passive: true },
    );
  }

  // What was told of the last click does not hold for the next one.
  document.addEventListener(
    "click",
    (event) => {
      const told = document.getElementById("trouble");
      if (told && !told.hidden && event.target.closest("button")) dash_clientside.set_props("trouble", { hidden: true });
    },
    true,
  );

  function look() {
    for (const [element, stop] of running) {
      if (!element.isConnected) {
        running.delete(element);
        if (stop) stop();
      }
    }
    for (const [selector, start] of mounts) {
      for (const element of document.querySelectorAll(selector)) {
        if (!running.has(element)) running.set(element, start(element) || null);
      }
    }
    const title = document.getElementById("title")?.textContent;
    const named = title ? `${title} · Affectbox` : "Affectbox";
    if (document.title !== named) document.title = named;
    show();
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  connect();

  return {
    want(topic, of = "") {
      wanted.set(key(topic, of), [topic, of]);
      say({ want: topic, of });
    },
    drop(topic, of = "") {
      wanted.delete(key(topic, of));
      say({ drop: topic, of });
    },
    on(topic, hear) {
      (hearers[topic] ||= []).push(hear);
    },
    onTrouble(topic, hear) {
      (troubled[topic] ||= []).push(hear);
    },
    now: () => Date.now() + ahead,
    mounted(selector, start) {
      mounts.push([selector, start]);
      look();
    },
  };
})();
