// How does a scan reach the server, whatever the scanner does, and how does the picker know what came of it?
//
// A wedge scanner types: characters less than GAP ms apart, ended by Enter or Tab. Some Android devices inject the text
// without key events; those arrive as `input` on the scan field. Each scan carries a UUID of its own, so a double send
// (a network retry, a nervous trigger finger within one scan) is one act for the server.
(() => {
  const GAP = 120;
  const SHORTEST = 2;
  const QUEUE = "keel-scans:" + window.location.pathname;
  const form = () => document.querySelector("form[data-scan]");
  const field = (root) => root?.querySelector("[data-scan-input]");
  let buffer = "";
  let last = 0;
  let settle = 0;
  let audio = null;

  // Browsers let a page sound only after a touch or key: the first one unlocks it.
  const unlock = () => { audio ||= window.AudioContext ? new AudioContext() : null; audio?.resume(); };
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, unlock, { once: true }));

  const TUNES = { ok: [[880, 0.09]], done: [[660, 0.1], [990, 0.18]], error: [[196, 0.18], [155, 0.3]] };
  const PULSES = { ok: [40], done: [40, 60, 40], error: [220, 90, 220] };
  const sound = (kind) => {
    if (!audio) return;
    let at = audio.currentTime;
    for (const [pitch, length] of TUNES[kind]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = kind === "error" ? "square" : "sine";
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.25, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + length);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + length);
      at += length;
    }
  };
  const feedback = (kind, text) => {
    if (!TUNES[kind]) return;
    const flash = document.getElementById("flash");
    flash.className = `f-flash is-${kind}`;
    void flash.offsetWidth; // starts the animation anew
    flash.classList.add("is-on");
    sound(kind);
    navigator.vibrate?.(PULSES[kind]);
    document.getElementById("announcer").textContent = text || "";
  };

  // --- sending: one at a time, in order; what the network refuses waits in this browser ---
  const waiting = () => JSON.parse(localStorage.getItem(QUEUE) || "[]");
  const keep = (list) => {
    if (list.length) localStorage.setItem(QUEUE, JSON.stringify(list));
    else localStorage.removeItem(QUEUE);
    const bar = document.getElementById("offline");
    if (bar) { bar.hidden = list.length === 0; bar.querySelector("[data-waiting]").textContent = `${list.length} waiting.`; }
  };
  let busy = false;
  const sendNext = () => {
    const target = form();
    const [scan] = waiting();
    if (busy || !scan || !target) return;
    busy = true;
    window.htmx.trigger(target, "scan");
  };
  // The waiting scan goes into the request, not into the field: the next one may be typed there already.
  document.addEventListener("htmx:configRequest", (event) => {
    const target = event.detail.elt;
    const [scan] = waiting();
    if (!scan || !target.matches?.("form[data-scan]")) return;
    event.detail.formData.set(field(target).name, scan.code);
    event.detail.formData.set(target.querySelector("[data-scan-id]").name, scan.id);
  });
  const take = (raw) => {
    const code = raw.trim(); // with its symbology prefix: it tells the server whether FNC1 separates fields
    if (code.length < SHORTEST) return;
    keep([...waiting(), { id: window.crypto.randomUUID(), code }]);
    sendNext();
  };
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.elt.matches?.("form[data-scan]")) return;
    busy = false;
    const status = event.detail.xhr?.status || 0;
    if (!status) { feedback("error", "No connection. The scan is kept."); window.setTimeout(sendNext, 3000); return; }
    keep(waiting().slice(1));
    if (status >= 500 || status === 403 || status === 404) feedback("error", "The server refused the scan.");
    window.setTimeout(sendNext, 0);
  });
  window.addEventListener("online", sendNext);

  // --- listening ---
  const elsewhere = (target) => target.closest?.("input:not([data-scan-input]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (!form() || elsewhere(event.target) || event.altKey || event.metaKey) return;
    const now = Date.now();
    if (now - last > GAP) buffer = "";
    last = now;
    if (event.ctrlKey) {
      if (event.key === "]") { buffer += "\x1d"; event.preventDefault(); } // GS between GS1 fields
      return;
    }
    if (event.key === "Enter" || event.key === "Tab") {
      const typed = field(form())?.value || "";
      const code = buffer.length >= SHORTEST && buffer.length >= typed.length ? buffer : typed;
      buffer = "";
      window.clearTimeout(settle);
      if (code.length >= SHORTEST && !(event.key === "Tab" && !typed && !code)) { event.preventDefault(); clear(); take(code); }
    } else if (event.key.length === 1) buffer += event.key;
  });
  // Injected text comes as one input of several characters, without keys and often without an Enter.
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-scan-input]")) return;
    const typed = event.target.value;
    window.clearTimeout(settle);
    if (/[\r\n\t]$/.test(typed)) { clear(); take(typed); return; }
    if (typed.length - buffer.length > 2) settle = window.setTimeout(() => { clear(); take(typed); }, GAP);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.("form[data-scan]")) return;
    event.preventDefault();
    const typed = field(event.target)?.value || "";
    clear();
    take(typed);
  });
  const clear = () => { const input = field(form()); if (input) input.value = ""; };

  // --- focus stays on the scan field, with the soft keyboard down, unless the person is in another field ---
  const refocus = () => {
    const input = field(form());
    if (!input || document.querySelector("dialog[open]") || elsewhere(document.activeElement)) return;
    input.focus({ preventScroll: true });
  };
  document.addEventListener("focusout", () => window.setTimeout(() => {
    if (document.activeElement === document.body) refocus();
  }, 60));
  document.addEventListener("htmx:afterSwap", (event) => {
    const said = event.detail.target.querySelector("[data-feedback]") || event.detail.target.closest("[data-feedback]");
    if (said) feedback(said.dataset.feedback, said.dataset.feedbackText || said.textContent.trim());
    window.setTimeout(refocus, 0);
  });
  const said = document.querySelector("[data-feedback]");
  if (said) feedback(said.dataset.feedback, said.dataset.feedbackText || said.textContent.trim());
  keep(waiting());
  refocus();
  sendNext();
})();
