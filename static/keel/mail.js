// How does a preview follow what is being typed? It presses the form's own preview button, which aims at the frame.
(() => {
  const button = document.querySelector("[data-mail-preview]");
  const form = button?.form;
  if (!form) return;
  const show = () => form.requestSubmit(button);
  let waiting = 0;
  form.addEventListener("input", () => { window.clearTimeout(waiting); waiting = window.setTimeout(show, 600); });
  if (form.querySelector("textarea")?.value) show();
})();
