// Live fragments are changed in place, never replaced: whoever reads them keeps the focus of the
// keyboard, the selection, what is unfolded and how far a list is scrolled. Rows are told apart by
// their identifiers, so each row that comes and goes, and each button that may, has one.
// Used by hx-swap="morph:innerHTML" (on main, for all) and hx-swap-oob="morph".

const { htmx, Idiomorph } = window;

// What the reader did to an element since it came is not the server's to undo.
const OF_THE_READER = { open: "DETAILS", "data-sent": "FORM", tabindex: "LI" };

function isTyped(node) {
  if (node.type === "hidden") return false;
  if (node.matches?.("input[type=checkbox], input[type=radio]")) return node.checked !== node.defaultChecked;
  return node.matches?.("input, textarea") ? node.value !== node.defaultValue : false;
}

const callbacks = {
  beforeAttributeUpdated: (name, node) => OF_THE_READER[name] !== node.tagName,
  beforeNodeMorphed: (node) => !isTyped(node),
};

// From the element that has the focus up to the place: each with what follows it.
function pathTo(place) {
  const path = [];
  let node = document.activeElement;
  if (!place.contains(node) || node === place) return path;
  for (; node && node !== place; node = node.parentElement) path.push({ node, next: node.nextElementSibling });
  return [...path, { node: place, next: null }];
}

// What had the focus may be gone: the keyboard then stands at what took its place, which is not a
// button, so that a key pressed at that moment does nothing.
function refocus(path) {
  if (!path.length || document.activeElement === path[0].node) return;
  for (const { node, next } of path) {
    const heir = node.isConnected ? node : next?.isConnected && next;
    if (!heir) continue;
    heir.focus({ preventScroll: true });
    if (document.activeElement === heir) return;
    heir.setAttribute("tabindex", "-1");
    heir.focus({ preventScroll: true });
    return;
  }
}

// A list that scrolls by itself (class "journal") shows the line that was read where it was read, though
// others came above it. Browsers do so for some changes only, and not all of them.
function linesRead(place) {
  return [...place.querySelectorAll(".journal")].filter((list) => list.scrollTop).map((list) => {
    const top = list.getBoundingClientRect().top;
    const line = [...list.children].find((each) => each.getBoundingClientRect().bottom > top);
    return { list, line, from: line && line.getBoundingClientRect().top - top };
  });
}

function scrollBack({ list, line, from }) {
  if (!line?.isConnected || !list.isConnected) return;
  list.scrollTop += line.getBoundingClientRect().top - list.getBoundingClientRect().top - from;
}

htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, place, fragment) {
    if (!style.startsWith("morph")) return false;
    const path = pathTo(place);
    const lines = linesRead(place);
    const morphStyle = style === "morph:innerHTML" ? "innerHTML" : "outerHTML";
    const content = morphStyle === "innerHTML" ? [...fragment.childNodes] : [...fragment.children];
    const changed = Idiomorph.morph(place, content, { morphStyle, callbacks });
    lines.forEach(scrollBack);
    refocus(path);
    place.dispatchEvent(new CustomEvent("contreseing:changed", { bubbles: true, detail: { target: place } }));
    return changed;
  },
});
