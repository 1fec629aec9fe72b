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

  const key = (topic, of) => `${topic}\n${of}`;
  const say = (what) => {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
  };

  function connect() {
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`);
    socket.onopen = () => {
      wait = 1000;
      lostSince = null;
      show();
      for (const [topic, of] of wanted.values()) say({ want: topic, of });
    };
    socket.onmessage = (event) => {
      const said = JSON.parse(event.data);
      if (said.now) ahead = said.now - Date.now();
      else if ("trouble" in said) (troubled[said.topic] || []).forEach((hear) => hear(said.of, said.trouble));
      else (hearers[said.topic] || []).forEach((hear) => hear(said.of, said.data));
    };
    socket.onclose = (event) => {
      if (event.code === OVER) return leave();
      if (lostSince === null) lostSince = new Date();
      show();
      setTimeout(connect, wait * (0.5 + Math.random() / 2));
      wait = Math.min(2 * wait, 15000);
    };
  }

  function show() {
    const place = document.getElementById("connection");
    if (!place) return;
    const text = lostSince ? `Connection lost since ${lostSince.toLocaleTimeString()}` : "";
    if (place.textContent !== text) place.textContent = text;
    document.documentElement.classList.toggle("lost", lostSince !== null);
  }

  // Nobody is signed in here any more: nothing of what was shown may stay.
  function leave() {
    if (leaving) return;
    leaving = true;
    document.body.replaceChildren();
    // Only a lock, which is its owner's, leads back to where they were; else whoever comes next would learn of it.
    location.replace(`/locked?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  // Who signs out is on the way already.
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname === "/sign-out") leaving = true;
  });

  const fetched = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await fetched(...asked);
    if (answer.status !== 401) return answer;
    leave();
    return new Promise(() => {});  // nobody here needs to know more
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
