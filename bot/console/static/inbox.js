// The inbox, live: events from the server, words put into the message, "typing", news of those who wait.
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const page = $("[data-live]");
  if (!page) return;

  // Whoever has the page open hears of changes at once; where the server has no seat for a stream, now and then.
  const changed = () => htmx.trigger(document.body, "inbox-changed");
  let waiting = null, danger = null;
  const told = (counts) => {
    const badge = $("[data-waiting]");
    if (badge) {
      badge.hidden = !counts.waiting;
      $("[data-waiting-number]", badge).textContent = counts.waiting;
    }
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (counts.waiting) document.title = `(${counts.waiting}) ${document.title}`;
    if (danger !== null && counts.danger > danger) news("URGENT: a student speaks of danger", 3);
    else if (waiting !== null && counts.waiting > waiting) news("Somebody waits for the library's staff", 1);
    waiting = counts.waiting;
    danger = counts.danger;
  };
  const stream = new EventSource(page.dataset.live);
  stream.addEventListener("changed", (event) => {
    const data = JSON.parse(event.data);
    told(data.counts);
    if (!data.first) changed();
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setInterval(changed, 1000 * Number(page.dataset.poll));
  });

  // A sound and a notification of the desktop's, for whoever wants them.
  const bell = $("[data-notify]");
  const wanted = () => localStorage.getItem("carrel-notify") === "yes";
  const show = () => {
    bell.setAttribute("aria-pressed", String(wanted()));
    bell.classList.toggle("active", wanted());
    $("[data-notify-label]", bell).textContent = wanted() ? "You are told of new ones" : "Tell me of new ones";
  };
  let sound = null;
  const ring = (times) => {
    sound = sound || new AudioContext();
    for (let number = 0; number < times; number += 1) {
      const tone = sound.createOscillator(), loudness = sound.createGain(), begin = sound.currentTime + 0.5 * number;
      tone.frequency.value = 880;
      loudness.gain.setValueAtTime(0.15, begin);
      loudness.gain.exponentialRampToValueAtTime(0.001, begin + 0.4);
      tone.connect(loudness).connect(sound.destination);
      tone.start(begin);
      tone.stop(begin + 0.4);
    }
  };
  const news = (words, times) => {
    if (!wanted()) return;
    try { ring(times); } catch { /* a browser without sound */ }
    if (window.Notification && Notification.permission === "granted") {
      new Notification(words, { tag: times > 1 ? "carrel-urgent" : "carrel" }).onclick = () => window.focus();
    }
  };
  if (bell) {
    bell.addEventListener("click", () => {
      localStorage.setItem("carrel-notify", wanted() ? "no" : "yes");
      if (wanted()) {
        ring(1);
        if (window.Notification && Notification.permission === "default") Notification.requestPermission();
      }
      show();
    });
    show();
  }

  // What is chosen in the list stays chosen when the list changes.
  let ticked = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id === "threads") ticked = [...document.querySelectorAll("[name=chosen]:checked")].map((each) => each.value);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "threads") return;
    document.querySelectorAll("[name=chosen]").forEach((each) => { each.checked = ticked.includes(each.value); });
  });

  // A picture that the platform does not give any more leaves the link to it.
  document.addEventListener("error", (event) => { if (event.target.matches?.("img.thumb")) event.target.remove(); }, true);

  // An answer of the library's, or what the bot would say, goes into the message; sent at once where that is asked.
  document.addEventListener("click", (event) => {
    const from = event.target.closest("[data-insert]");
    const box = $("#f-text");
    if (!from || !box) return;
    const words = $(from.dataset.insert).textContent.trim();
    box.value = "send" in from.dataset || !box.value.trim() ? words : `${box.value.trimEnd()}\n${words}`;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    if ("send" in from.dataset) box.form.requestSubmit(); else box.focus();
  });

  // The student sees that somebody writes; the platforms show it for some 20 seconds.
  let last = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-typing]");
    if (!form || event.target.name !== "text" || Date.now() - last < 15000) return;
    last = Date.now();
    fetch(form.dataset.typing, { method: "POST", headers: { "X-CSRFToken": $("meta[name=csrf-token]").content } });
  });

  // Somebody else took the conversation, or closed it: the page follows, unless that would lose what was written.
  const stand = () => $("[data-stand]")?.dataset.stand;
  const began = stand();
  document.addEventListener("htmx:afterSettle", () => {
    if (!stand() || stand() === began) return;
    const box = $("#f-text");
    if (!box?.value.trim()) { location.reload(); return; }
    const said = document.createElement("div");
    said.className = "alert alert-warning";
    said.setAttribute("role", "alert");
    said.textContent = "This conversation has changed hands meanwhile. Copy what you wrote, then load the page anew.";
    $("#messages").replaceChildren(said);
  });

  const log = $("#log");
  const down = () => { if (log) log.scrollTop = log.scrollHeight; };
  let atEnd = true;
  log?.addEventListener("scroll", () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target === log && atEnd) down();
    if (event.target.id === "composer") { atEnd = true; $("#f-text")?.focus(); }
  });
  down();
})();
