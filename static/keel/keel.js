// What do all pages share? Menu, palette, dialogs, shortcuts, toasts, announcements for screen readers.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const palette = $("#palette");
  const input = $("#palette-input");

  const openPalette = () => {
    if (!palette || palette.open) return;
    palette.showModal();
    input.select();
    window.htmx?.trigger(input, "palette-open");
  };

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    let found;
    if (at("[data-open-palette]")) openPalette();
    else if (at("[data-open-shortcuts]")) $("#shortcuts")?.showModal();
    else if ((found = at("[data-open-dialog]"))) document.getElementById(found.dataset.openDialog)?.showModal();
    else if ((found = at("[data-close-dialog]"))) found.closest("dialog").close();
    else if (at("[data-dismiss-toast]")) at("[data-toast]").remove();
    else if (at("[data-disabled]")) event.preventDefault();
    else if ((found = at("[data-toggle-menu]"))) toggleMenu(found);
    else if (event.target instanceof HTMLDialogElement) event.target.close(); // the backdrop
    if (!at("details.k-drop")) closeDrops();
  });

  const toggleMenu = (button) => {
    const open = document.body.classList.toggle("is-menu-open");
    button.setAttribute("aria-expanded", String(open));
    if (open) $(".k-nav a, .k-nav summary")?.focus();
  };
  const closeDrops = (except) => $$("details.k-drop[open]").forEach((drop) => drop !== except && !drop.contains(except) && (drop.open = false));
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.k-drop") && event.target.open) closeDrops(event.target);
  }, true);

  // --- palette: arrows choose, Enter opens the chosen hit or jumps to the exact code ---
  const hits = () => $$(".k-palette-hit", palette);
  input?.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp" && event.key !== "Enter") return;
    const all = hits();
    const chosen = all.findIndex((hit) => hit.classList.contains("is-chosen"));
    if (event.key === "Enter") {
      if (chosen >= 0) { event.preventDefault(); all[chosen].click(); }
      return;
    }
    event.preventDefault();
    const next = all[(chosen + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length];
    all[chosen]?.classList.remove("is-chosen");
    all[chosen]?.removeAttribute("aria-selected");
    if (!next) return;
    next.id ||= `hit-${Math.random().toString(36).slice(2)}`;
    next.classList.add("is-chosen");
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", next.id);
  });

  // --- single-key shortcuts, off in inputs and dialogs, and by choice (WCAG 2.1.4) ---
  const KEY = "keel-shortcuts";
  const shortcutsOn = () => localStorage.getItem(KEY) !== "off";
  const control = $("[data-shortcuts-switch]");
  if (control) {
    control.checked = shortcutsOn();
    control.addEventListener("change", () => localStorage.setItem(KEY, control.checked ? "on" : "off"));
  }
  let going = 0;
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
  const rows = () => $$("tr[data-row]");
  const step = (by) => {
    const all = rows();
    const now = all.findIndex((row) => row.classList.contains("is-here"));
    const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
    all[now]?.classList.remove("is-here");
    next?.classList.add("is-here");
    ($("a.k-row-link", next) || $("a", next))?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const single = {
    "/": openPalette,
    "?": () => $("#shortcuts")?.showModal(),
    j: () => step(1),
    k: () => step(-1),
    x: () => $("tr.is-here input[name=ids]")?.click(),
    n: () => $("a[data-new]")?.click(),
    "[": () => $("a[data-previous]")?.click(),
    "]": () => $("a[data-next]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.key === "Escape") {
      closeDrops();
      if (document.body.classList.contains("is-menu-open")) $("[data-toggle-menu]").click();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !shortcutsOn()) return;
    if (going && Date.now() - going < 1500) {
      going = 0;
      const target = $(`a[data-go="${CSS.escape(event.key)}"]`);
      if (target) { event.preventDefault(); window.location.assign(target.href); }
      return;
    }
    if (event.key === "g") { going = Date.now(); return; }
    if (single[event.key]) { event.preventDefault(); single[event.key](); }
  });

  // --- what htmx changed, said aloud; what it could not do, shown ---
  const announce = (text) => { const live = $("#announcer"); if (live) live.textContent = text; };
  document.addEventListener("htmx:afterSwap", (event) => {
    const said = $("[data-announce]", event.detail.target);
    if (said) announce(said.textContent.trim());
  });
  const toast = (text) => {
    const place = $("#toasts");
    if (!place) return;
    const box = document.createElement("div");
    box.className = "k-toast k-toast--error";
    box.dataset.toast = "";
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "k-quiet";
    close.dataset.dismissToast = "";
    close.textContent = "Dismiss";
    box.append(words, close);
    place.append(box);
  };
  document.addEventListener("htmx:responseError", (event) => toast(`That did not work (${event.detail.xhr.status}). Reload the page and try again.`));
  document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. Check the connection and try again."));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); announce("Copied"); button.lastChild.textContent = " Copied"; } catch { announce("Selected: copy it by keyboard"); }
  });
  $$(".k-toast--success[data-toast], .k-toast--info[data-toast]").forEach((box) => setTimeout(() => box.remove(), 8000));
})();
