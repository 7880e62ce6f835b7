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
const refused = document.querySelector("[data-focus-error]");
if (refused) refused.focus();
