// The order of a draft, by drag: a row is taken by its grip and dropped before or after another, of another
// volet too. The server moves it, numbers it and says so; without this script, « Monter » and « Descendre » do.

const MOVED = "contreseing:moved"; // where the reader was, for the page that answers
const ROWS = { commitment: ".draft-row[data-row]", volet: "section[data-volet]" };
let taken = null; // { row, kind }

const kindOf = (row) => (row.matches(ROWS.volet) ? "volet" : "commitment");
const toolsOf = (row) => row.querySelector(kindOf(row) === "volet" ? ":scope > .draft-head form[data-move]" : "form[data-move]");
const rowsOf = (volet) => [...volet.querySelectorAll(ROWS.commitment)];

function send(row, values, asked) {
  const form = toolsOf(row).cloneNode(true);
  form.replaceChildren(form.elements.csrfmiddlewaretoken);
  for (const [name, value] of Object.entries(values)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  form.hidden = true;
  document.body.append(form);
  remember(form, asked);
  form.submit();
}

const remember = (form, asked) => sessionStorage.setItem(MOVED, JSON.stringify({ action: form.getAttribute("action"), asked }));

// --- The grip ----------------------------------------------------------------------------------

function equip(row) {
  const form = toolsOf(row);
  if (!form) return;
  // a button cannot be dragged in every browser
  const grip = Object.assign(document.createElement("span"), { className: "btn btn-quiet btn-sm grip", draggable: true, tabIndex: 0 });
  grip.setAttribute("role", "button");
  const picture = Object.assign(document.createElement("i"), { className: "bi bi-grip-vertical" });
  picture.setAttribute("aria-hidden", "true");
  grip.append(picture, Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: form.dataset.move }));
  form.before(grip);
  grip.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!direction) return;
    event.preventDefault();
    send(row, { direction }, "grip");
  });
  grip.addEventListener("dragstart", (event) => {
    taken = { row, kind: kindOf(row) };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.setDragImage(row, 0, 0);
    row.classList.add("taken");
  });
  grip.addEventListener("dragend", () => {
    row.classList.remove("taken");
    mark(null);
    taken = null;
  });
}

// --- Where it would go -------------------------------------------------------------------------

function mark(target, after = false) {
  document.querySelectorAll(".drop-before, .drop-after").forEach((row) => row.classList.remove("drop-before", "drop-after"));
  target?.classList.add(after ? "drop-after" : "drop-before");
}

// The row under the pointer, or the volet where it has none; and whether it would go after it.
function under(event) {
  const over = event.target.closest?.(ROWS[taken.kind]) ?? event.target.closest?.(ROWS.volet);
  if (!over) return null;
  const { top, height } = over.getBoundingClientRect();
  const isVolet = over.matches(ROWS.volet) && taken.kind === "commitment";
  return { over, after: isVolet ? event.clientY > top + 60 : event.clientY > top + height / 2 };
}

document.addEventListener("dragover", (event) => {
  const found = taken && under(event);
  if (!found) return;
  event.preventDefault();
  mark(found.over, found.after);
});

document.addEventListener("drop", (event) => {
  const found = taken && under(event);
  if (!found) return;
  event.preventDefault();
  const { row, kind } = taken;
  const { over, after } = found;
  if (over === row) return;
  const volet = over.closest(ROWS.volet);
  const rows = (kind === "volet" ? [...document.querySelectorAll(ROWS.volet)] : rowsOf(volet)).filter((each) => each !== row);
  const here = rows.indexOf(over);
  const place = here < 0 ? (after ? rows.length : 0) : here + (after ? 1 : 0);
  send(row, kind === "volet" ? { place: place + 1 } : { volet: volet.dataset.volet, place: place + 1 }, "grip");
});

// --- The page that answers ---------------------------------------------------------------------

document.addEventListener("submit", ({ target: form, submitter }) => {
  if (form.closest(".row-tools") && submitter?.name === "direction") remember(form, submitter.value);
});

// The reader is where they were, with the same thing under their hand, and hears the new number.
function comeBack() {
  const { action, asked } = JSON.parse(sessionStorage.getItem(MOVED) || "{}");
  sessionStorage.removeItem(MOVED);
  const form = action && document.querySelector(`.row-tools form[action="${CSS.escape(action)}"]`);
  if (!form) return;
  const tools = form.closest(".row-tools");
  tools.querySelector(asked === "grip" ? ".grip" : `[value="${asked}"]`)?.focus({ preventScroll: true });
  const said = tools.closest(".draft-row, section")?.querySelector("[role=status]");
  const announcer = document.getElementById("live-announcer"); // a live region is read when it changes
  if (said && announcer) announcer.textContent = said.textContent;
}

document.querySelectorAll(`${ROWS.commitment}, ${ROWS.volet}`).forEach(equip);
// once the browser has gone to the part that the address names, which takes the focus away
if (document.readyState === "complete") comeBack();
else window.addEventListener("load", () => setTimeout(comeBack));
