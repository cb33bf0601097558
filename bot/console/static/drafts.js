// What is typed survives a closed tab, a crash and the session's end: every form with data-guard is kept on this device.
//
// Kept for whoever is signed in alone, for three days, without passwords and tokens. It goes once the form was accepted,
// when it is thrown away, and at signing out.
(() => {
  const user = document.querySelector("meta[name=carrel-user]")?.content;
  const BEGINS = "carrel-draft:", SENT = "carrel-sent", DAYS = 3;
  if (!user) { sessionStorage.removeItem(SENT); return; } // the sign-in page: nothing was accepted
  const mine = `${BEGINS}${user}:`;

  const keyOf = (form) => {
    const address = new URL(form.action, location.href);
    return `${mine}${address.pathname}${address.search}`;
  };
  const kept = (field) => field.name && !field.disabled && !/^(password|file|submit|button)$/.test(field.type)
    && !["csrf_token", "token", "does"].includes(field.name);
  const valueOf = (field) => (/^(checkbox|radio)$/.test(field.type) ? field.checked : field.value);
  const fieldsOf = (form) => [...form.elements].filter(kept).map((field) => [field.name, valueOf(field)]);
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const drop = (key) => localStorage.removeItem(key);
  const guarded = (from = document) => [...from.querySelectorAll("form[data-guard]")];
  const ours = () => Object.keys(localStorage).filter((key) => key.startsWith(BEGINS));

  ours().filter((key) => !(Date.now() - read(key)?.at < DAYS * 864e5)).forEach(drop);

  // A form that came back with a problem was not accepted; any other page after it says that it was.
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (sent && !document.querySelector("main .alert-danger[role=alert], main [aria-invalid=true], main .invalid-feedback")) {
    drop(sent);
  }

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  // Rows that were added by hand are added again.
  const addRows = (form, fields) => fields.forEach(([name]) => {
    const [, list] = name.match(/^(.+)-\d+-/) || [];
    const button = list && form.querySelector(`[data-add-row="${CSS.escape(list)}"]`);
    for (let tries = 0; button && !form.elements[name] && tries < 50; tries += 1) button.click();
  });
  const fill = (form, fields) => {
    addRows(form, fields);
    const left = [...fields];
    [...form.elements].filter(kept).forEach((field) => {
      const at = left.findIndex(([name]) => name === field.name);
      if (at < 0) return;
      const [[, value]] = left.splice(at, 1);
      if (/^(checkbox|radio)$/.test(field.type)) field.checked = value; else field.value = value;
    });
  };
  const restore = (form) => {
    const key = keyOf(form), draft = read(key);
    const typed = draft?.fields.some(([name, value]) => name !== "seen" && typeof value === "string" && value.trim());
    if (!typed || form.dataset.restored || same(draft.fields, fieldsOf(form))) return;
    form.dataset.restored = "yes";
    const before = fieldsOf(form);
    fill(form, draft.fields);
    const told = document.createElement("div");
    told.className = "alert alert-info py-2 d-flex flex-wrap gap-2 align-items-center";
    told.setAttribute("role", "status");
    const words = document.createElement("span");
    words.textContent = "What you typed here before, and did not send, stands here again.";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = "Throw it away";
    button.addEventListener("click", () => {
      fill(form, before);
      drop(key);
      told.remove();
      form.querySelector("textarea, input:not([type=hidden])")?.focus();
    });
    told.append(words, button);
    (form.querySelector(".card-body") || form).prepend(told);
    form.querySelector("textarea, input:not([type=hidden])")?.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const restoreAll = () => guarded().forEach(restore);

  const waiting = new Map();
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-guard]");
    if (!form) return;
    form.dataset.restored = "yes";
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => save(form), 200));
  });
  const save = (form) => {
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    if (!form.isConnected) return;
    const fields = fieldsOf(form);
    const empty = !fields.some(([name, value]) => name !== "seen" && typeof value === "string" && value.trim());
    try {
      if (empty) drop(keyOf(form)); else localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), fields }));
    } catch { /* the device's store is full: the page itself still has the words */ }
  };
  addEventListener("pagehide", () => [...waiting.keys()].forEach(save));

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-signs-out]")) ours().filter((key) => key.startsWith(mine)).forEach(drop);
    if (event.defaultPrevented || !form.matches("form[data-guard]") || form.matches("[hx-post]")) return;
    save(form);
    sessionStorage.setItem(SENT, keyOf(form));
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("form[data-guard]")) save(event.target);
  });
  // Before the answer is put into the page, which may bring the same form, empty.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const form = event.detail.elt;
    if (!form.matches?.("form[data-guard]") || event.detail.xhr.status >= 300) return;
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    drop(keyOf(form));
  });

  // Sent in another window: here the same words must not be sent once more.
  addEventListener("storage", (event) => {
    if (event.newValue !== null || !event.key?.startsWith(mine)) return;
    const was = JSON.parse(event.oldValue || "null");
    guarded().filter((form) => keyOf(form) === event.key && was && same(was.fields, fieldsOf(form))).forEach((form) => {
      form.reset();
      form.querySelector("[role=status]")?.remove();
      waiting.delete(form);
    });
  });

  restoreAll();
  document.addEventListener("htmx:afterSettle", restoreAll);
})();
