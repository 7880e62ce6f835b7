// Small conveniences that every page has and none needs.

// A menu closes with Escape, by a click elsewhere, or when the focus leaves it.
for (const menu of document.querySelectorAll("details.menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => menu.contains(event.target) || (menu.open = false));
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}

// A file is weighed before it is sent: what is far too heavy is refused whole, with all that was typed beside it.
function weigh(input) {
  const file = input.files[0];
  const { atMost, tooHeavy, unreadable } = input.dataset;
  const words = !file ? "" : file.size > Number(atMost) ? tooHeavy : input.dataset.broken ? unreadable : "";
  let said = input.parentElement.querySelector("[data-weighed]");
  if (words && !said) {
    said = document.createElement("p");
    said.className = "errorlist";
    said.dataset.weighed = "";
    said.setAttribute("role", "alert");
    input.after(said);
  }
  if (said) said.textContent = words;
  if (words) input.setAttribute("aria-invalid", "true");
  else if (said) input.removeAttribute("aria-invalid");
  return !words;
}
document.addEventListener("change", async ({ target: input }) => {
  if (!input.matches?.("input[data-at-most]")) return;
  delete input.dataset.broken;
  if (!weigh(input) || !input.files[0]) return;
  // a folder that was dropped looks like a file until it is read
  const read = await input.files[0].slice(0, 1).arrayBuffer().catch(() => new ArrayBuffer(0));
  if (read.byteLength) return;
  input.dataset.broken = "yes";
  weigh(input);
});
document.addEventListener(
  "submit",
  (event) => {
    const wrong = [...event.target.querySelectorAll("input[data-at-most]")].filter((input) => !weigh(input));
    if (!wrong.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    wrong[0].focus();
  },
  true,
);

// One press is one act: the server refuses the second, the page does not send it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
// What is being sent needs no draft any more.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches?.("form[data-sent]")) event.preventDefault();
});
// A form that was answered by a sentence alone (the service is held up) shows it, and keeps what was typed.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  const form = elt.closest("form");
  if (!form || !xhr.getResponseHeader("Content-Type")?.startsWith("text/plain")) return;
  let said = form.querySelector("[data-said]");
  if (!said) {
    said = document.createElement("p");
    said.className = "notice late";
    said.dataset.said = "";
    said.setAttribute("role", "alert");
    form.prepend(said);
  }
  said.textContent = xhr.responseText;
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A page that the browser kept is not shown again: its reader may have logged out since. Hidden when
// it is left, it is asked for anew when somebody comes back to it.
window.addEventListener("pagehide", () => (document.documentElement.hidden = true));
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.body.replaceChildren();
  window.location.reload();
});

// On a phone the bar that leads to the decision gives way once the decision is in view.
const decision = document.getElementById("decision");
if (decision && document.querySelector(".jump")) {
  new IntersectionObserver(([entry]) => decision.toggleAttribute("data-in-view", entry.isIntersecting)).observe(decision);
}

// After a refused form, the reader starts where the error is.
const refused = document.querySelector("[data-focus-error]") ?? document.querySelector("main [aria-invalid='true']");
if (refused) refused.focus();

// A list in groups follows the list that names the group: people, by their organisation. Without this
// script every group stays, and the server refuses who is of another.
for (const list of document.querySelectorAll("select[data-follows]")) {
  const leader = document.getElementById(list.dataset.follows);
  if (!leader) continue;
  const follow = () => {
    const chosen = leader.selectedOptions[0];
    for (const group of list.querySelectorAll("optgroup")) {
      group.hidden = group.disabled = Boolean(chosen?.value) && group.label !== chosen.text;
    }
    if (list.selectedOptions[0]?.closest("optgroup")?.disabled) list.value = "";
  };
  leader.addEventListener("change", follow);
  // what is stored stays chosen until the organisation changes
  const stored = list.selectedOptions[0]?.closest("optgroup");
  follow();
  if (stored?.disabled) {
    stored.hidden = stored.disabled = false;
    list.value = [...stored.querySelectorAll("option")].find((option) => option.defaultSelected)?.value ?? "";
  }
}

// What is folded is printed too, then folded again.
const unfolded = [];
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open], .menu)")) {
    folded.open = true;
    unfolded.push(folded);
  }
});
window.addEventListener("afterprint", () => {
  for (const folded of unfolded.splice(0)) folded.open = false;
});
