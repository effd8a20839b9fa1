// How does a list react? Selecting rows (page, or all that match), choosing columns, keeping "save view" up to date.
(() => {
  const form = (target) => target.closest("form[data-bulk]");
  const refresh = (bulk) => {
    const bar = bulk.querySelector("[data-bulk-bar]");
    if (!bar) return;
    const boxes = [...bulk.querySelectorAll("input[name=ids]")];
    const chosen = boxes.filter((box) => box.checked).length;
    const all = bulk.querySelector("[data-bulk-all]");
    const matching = all.value === "1";
    const page = bulk.querySelector("[data-select-page]");
    page.checked = chosen > 0 && chosen === boxes.length;
    page.indeterminate = chosen > 0 && chosen < boxes.length;
    bar.hidden = chosen === 0;
    bar.querySelector("[data-bulk-count]").textContent = matching
      ? `All ${Number(bulk.dataset.total).toLocaleString("en-GB")} selected`
      : `${chosen} selected`;
    const offer = bar.querySelector("[data-select-matching]");
    if (offer) offer.hidden = matching || chosen < boxes.length;
    boxes.forEach((box) => box.closest("tr").classList.toggle("is-selected", box.checked));
  };

  document.addEventListener("change", (event) => {
    const bulk = form(event.target);
    if (!bulk || !event.target.matches("[data-select-page], input[name=ids]")) return;
    bulk.querySelector("[data-bulk-all]").value = "0";
    if (event.target.matches("[data-select-page]"))
      bulk.querySelectorAll("input[name=ids]").forEach((box) => { box.checked = event.target.checked; });
    refresh(bulk);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-select-matching]")) {
      const bulk = form(event.target);
      bulk.querySelector("[data-bulk-all]").value = "1";
      refresh(bulk);
    }
    const apply = event.target.closest("[data-apply-columns]");
    if (apply) {
      const names = [...apply.closest("[data-columns]").querySelectorAll("input:checked")].map((box) => box.value);
      const query = new URLSearchParams(window.location.search);
      query.delete("cols");
      if (names.length) query.set("cols", names.join(","));
      window.location.search = query.toString();
    }
    const row = event.target.closest("tr[data-row]");
    if (row && !event.target.closest("a, button, input, label, summary") && !String(window.getSelection()))
      row.querySelector("a.k-row-link")?.click();
  });

  // The filters send only what is set, so that the address stays short enough to read.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches?.("form[data-filters]")) return;
    const entries = event.detail.formData;
    for (const [name, value] of [...entries.entries()]) if (value === "") entries.delete(name);
    if (![...entries.keys()].length) entries.set("view", "all");
  });
  document.addEventListener("htmx:pushedIntoHistory", () => {
    const query = new URLSearchParams(window.location.search);
    ["page", "view", "format"].forEach((name) => query.delete(name));
    document.querySelectorAll("[data-list-query]").forEach((field) => { field.value = query.toString(); });
  });
})();
