// How does a form survive a double click and an ended session?
(() => {
  const PREFIX = "keel-kept:";
  const path = window.location.pathname;

  // The token is made here, once per page: sending the same page twice is the same act.
  document.querySelectorAll("[data-form-token]").forEach((field) => {
    if (window.crypto?.randomUUID && !document.querySelector(".is-invalid, .k-inline-error")) field.value = window.crypto.randomUUID();
  });

  const values = (form) => [...new FormData(form).entries()].filter(
    ([name, value]) => typeof value === "string" && !["csrfmiddlewaretoken", "form_token", "password", "secret", "next"].includes(name),
  );

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.submitter?.formTarget) return; // a preview in a frame of the page: nothing is sent for good
    if (form.matches("form[data-keep]")) sessionStorage.setItem(PREFIX + path, JSON.stringify(values(form)));
    if (!form.matches("form[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button) { button.classList.add("is-busy"); button.setAttribute("aria-busy", "true"); }
  });
  // Back from the history cache: the form may be sent again.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll(".is-busy").forEach((button) => { button.classList.remove("is-busy"); button.removeAttribute("aria-busy"); });
  }));

  const query = new URLSearchParams(window.location.search);
  if (path === "/login/" && query.get("expired")) sessionStorage.setItem("keel-expired", query.get("next") || "");
  const restore = () => {
    const kept = sessionStorage.getItem(PREFIX + path);
    const wanted = (sessionStorage.getItem("keel-expired") || "").split("?")[0];
    if (path === "/login/") return;
    if (kept && wanted === path) {
      const form = document.querySelector("form[data-keep]");
      const entries = JSON.parse(kept);
      form?.querySelectorAll("input[type=checkbox], input[type=radio]").forEach((box) => { box.checked = entries.some(([name, value]) => name === box.name && value === box.value); });
      for (const [name, value] of entries) {
        const field = form?.elements[name];
        if (field && field.type !== "checkbox" && field.type !== "radio" && "value" in field && !(field instanceof RadioNodeList)) field.value = value;
      }
    }
    sessionStorage.removeItem("keel-expired");
    sessionStorage.removeItem(PREFIX + path);
  };
  restore();
})();
