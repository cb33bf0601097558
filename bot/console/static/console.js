// What every page of the console does in the browser: confirmations, unsaved changes, keyboard.
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);

  // A form with data-confirm is sent only after its words were read.
  const confirmation = $("#confirm");
  let asked = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const words = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (!words || form === asked?.form || !confirmation) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    asked = { form, submitter: event.submitter };
    $("[data-confirm-text]", confirmation).textContent = words;
    confirmation.showModal();
    $("[data-confirm-no]", confirmation).focus();
  }, true);
  confirmation?.addEventListener("click", (event) => {
    if (event.target.closest("[data-confirm-yes]")) {
      confirmation.close();
      // A form that was exchanged meanwhile would send nothing, and say nothing.
      if (!asked.form.isConnected) { say("The page has changed meanwhile, and nothing was done. Look at it again."); return; }
      saved = true;
      asked.form.requestSubmit(asked.submitter);
    }
    if (event.target.closest("[data-confirm-no]")) confirmation.close();
  });
  confirmation?.addEventListener("close", () => setTimeout(() => { asked = null; }));

  // A form with data-guard warns before what was typed in it is lost.
  let saved = true;
  document.addEventListener("input", (event) => { if (event.target.closest("form[data-guard]")) saved = false; });

  // What is wrong is where one goes on: at the first field that is not right, else at the message that says what is.
  const wrong = $("main [aria-invalid=true]") || $("#messages .alert-danger, form .alert-danger, main [data-problem]");
  if (wrong) {
    if (!wrong.matches("input, select, textarea")) wrong.setAttribute("tabindex", "-1");
    wrong.focus();
  }
  document.addEventListener("submit", (event) => { if (!event.defaultPrevented) saved = true; });
  addEventListener("beforeunload", (event) => { if (!saved) event.preventDefault(); });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener?.dataset.fill) {
      $(opener.dataset.fill).value = opener.dataset.value;
      $("[data-words-here]", $(opener.dataset.open)).textContent = opener.dataset.words;
    }
    if (opener) $(opener.dataset.open)?.showModal();
    const down = event.target.closest("[data-copy-down]");
    if (down) {
      const inputs = document.querySelectorAll(`input[name^="${down.dataset.copyDown}-"]`);
      inputs.forEach((input) => { input.value = inputs[0].value; });
      inputs[0].dispatchEvent(new Event("input", { bubbles: true }));
    }
    const more = event.target.closest("[data-add-row]");
    if (more) {
      const body = $(`[data-rows="${more.dataset.addRow}"] tbody`);
      const row = body.lastElementChild.cloneNode(true);
      const number = body.children.length;
      row.querySelectorAll("input, select").forEach((field) => {
        field.name = field.name.replace(/-\d+-/, `-${number}-`);
        field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+$/, number + 1));
        field.value = "";
      });
      body.append(row);
      $("input, select", row).focus();
    }
    if (event.target.closest("[data-print]")) print();
    const copier = event.target.closest("[data-copy]");
    if (copier) navigator.clipboard?.writeText($(copier.dataset.copy).textContent);
  });

  // Many rows are chosen at once, and how many are is said.
  const chosen = () => document.querySelectorAll("[name=chosen]:checked").length;
  const count = () => {
    const told = $("[data-chosen]");
    if (!told) return;
    told.textContent = chosen() ? `${chosen()} chosen` : "none chosen";
    told.closest("form").classList.toggle("some", Boolean(chosen()));
  };
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-choose-all]");
    if (all) document.querySelectorAll(`[name="${all.dataset.chooseAll}"]`).forEach((each) => { each.checked = all.checked; });
    if (all || event.target.name === "chosen") count();
  });

  // A select or a tick with data-submit sends its form at once.
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-submit]")) event.target.form.requestSubmit();
  });

  // The test console: a tapped button is said like words, with its payload; the newest turn is in sight.
  const chat = $("#chat"), say_form = $("#say");
  document.addEventListener("click", (event) => {
    const tap = event.target.closest("[data-tap], [data-say]");
    if (tap && say_form) {
      say_form.elements.said.value = tap.dataset.title || tap.dataset.say;
      say_form.elements.choice.value = tap.dataset.tap || "";
      say_form.requestSubmit();
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  });
  say_form?.addEventListener("htmx:beforeRequest", () => {
    say_form.elements.said.value = "";
    say_form.elements.choice.value = "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (chat?.lastElementChild?.matches(".turn")) chat.lastElementChild.scrollIntoView({ block: "end" });
  });
  addEventListener("load", () => { if (say_form?.elements.said.value) say_form.requestSubmit(); });

  // The next card of Review begins with its keys, not in the field of the one before, unless that is to be corrected.
  document.addEventListener("htmx:afterSettle", () => {
    const field = document.activeElement;
    if (field?.matches("input") && field.closest("#card") && !$("#card [role=alert]")) field.blur();
  });

  // Words that are selected in a field, or on the page and stand in it, are marked there in Rasa's form: [words](entity).
  const mark = (button) => {
    const field = $(button.dataset.markIn);
    let [begin, end] = [field.selectionStart, field.selectionEnd];
    if (document.activeElement !== field || begin === end) {
      const words = String(getSelection()).trim();
      begin = words ? field.value.indexOf(words) : -1;
      end = begin + words.length;
    }
    const words = field.value.slice(begin, end).trim();
    if (begin < 0 || !words || /[[\](){}]/.test(words)) { field.focus(); return; }
    begin = field.value.indexOf(words, begin);
    field.setRangeText(`[${words}](${button.dataset.mark})`, begin, begin + words.length, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // A button takes the selection away from a field: it must not get the focus.
  document.addEventListener("mousedown", (event) => { if (event.target.closest("[data-mark]")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (button) mark(button);
  });

  let first = "";
  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && /^Digit[1-9]$/.test(event.code)) {
      const button = document.querySelectorAll("[data-mark]")[event.code.slice(5) - 1];
      if (button) { event.preventDefault(); mark(button); return; }
    }
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && field?.form) {
      event.preventDefault();
      field.form.requestSubmit();
    }
    if (field || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (event.key === "?") { $("#keys")?.showModal(); return; }
    if (event.key === "/") {
      const search = $("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select?.(); }
      return;
    }
    if (event.key === "Enter" && event.target.closest("a, button, summary, [tabindex]:not(main)")) return;
    const reply = first ? null : $(`[data-key-focus="${CSS.escape(event.key)}"]:not([disabled])`);
    if (reply) { event.preventDefault(); reply.focus(); return; }
    const keys = `${first} ${event.key}`.trim();
    const target = $(`[data-keys="${CSS.escape(keys)}"]`) || $(`[data-keys="${CSS.escape(event.key)}"]`);
    first = event.key === "g" ? "g" : "";
    if (target) {
      event.preventDefault();
      first = "";
      if (!event.repeat) target.click(); // a key that is held down decides once
    }
  });

  // htmx says nothing to a person when a request fails.
  const say = (text) => {
    const box = document.createElement("div");
    box.className = "alert alert-danger";
    box.setAttribute("role", "alert");
    box.textContent = text;
    $("#messages")?.replaceChildren(box);
    box.scrollIntoView({ block: "nearest" });
  };
  // Whoever was signed out while writing stays with the words: sent, they are kept, and come back after the sign-in.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401 || saved) return;
    if (event.detail.requestConfig.triggeringEvent?.type === "submit") { saved = true; return; }
    event.preventDefault();
    say("You have been signed out. What you typed is still here: send it, and it is kept until you have signed in again.");
  });
  document.addEventListener("htmx:sendError", () => say("Carrel does not answer. Is the network there? Nothing was changed; try again."));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) return;
    say(event.detail.xhr.status === 403 ? "Your role does not allow this." : "That did not work, and nothing was changed. Load the page anew and try again.");
  });
})();
