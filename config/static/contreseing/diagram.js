// The diagram of the running contract, with the state of each step and of each actor in it.
// Mounted on <div data-bpmn="URL" data-status="URL">; the lists of the page say the same in words, and
// stand in its place where the window is narrow or this script does not run.
// The status is {"steps": [{"id": "…", "state": "done|now|late|stop", "label": "3 sur 7 rendus"}]}.

const READABLE = 0.85; // of the drawing’s own size: the smallest at which its words are read
const SPREAD = 1000; // ms over which many open pages ask how the circuit stands
const STATES = ["done", "now", "late", "stop"];
const WIDE = window.matchMedia("(min-width: 1000px)"); // as diagram.css: below, a list is read better

class Diagram {
  constructor(root) {
    this.root = root;
    // The wheel scrolls the page, as everywhere else: the buttons zoom.
    this.viewer = new window.BpmnJS({ container: root, zoomScroll: { enabled: false } });
    this.marked = [];
    this.current = "";
    this.asked = 0;
    this.steps = [];
    this.whole = false; // shown as a whole, its steps bear numbers: their words would be too small
    this.actors = document.createElement("div");
    this.actors.className = "actors";
    this.actors.setAttribute("aria-hidden", "true"); // the lanes of the drawing have these names
  }

  async open() {
    const answer = await fetch(this.root.dataset.bpmn, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${this.root.dataset.bpmn}: ${answer.status}`);
    await this.viewer.importXML(await answer.text());
    this.nameActors();
    await this.refresh();
    this.root.dataset.state = "ready";
  }

  // The head of each lane stays at the left, whatever part of the circuit is shown.
  nameActors() {
    this.lanes = this.viewer.get("elementRegistry").filter((shape) => shape.type === "bpmn:Lane");
    for (const lane of this.lanes) {
      const name = document.createElement("div");
      name.textContent = lane.businessObject.name;
      this.actors.append(name);
    }
    this.root.append(this.actors);
    this.viewer.get("eventBus").on("canvas.viewbox.changed", () => this.placeActors());
  }

  placeActors() {
    const box = this.viewer.get("canvas").viewbox();
    this.lanes.forEach((lane, index) => {
      const name = this.actors.children[index];
      name.style.top = `${(lane.y - box.y) * box.scale}px`;
      name.style.height = `${lane.height * box.scale}px`;
    });
  }

  // The whole circuit, beside the names of its actors.
  fit() {
    const canvas = this.viewer.get("canvas");
    const { inner, outer } = canvas.viewbox();
    const room = this.actors.offsetWidth;
    const scale = Math.min((outer.width - room) / (inner.width + 20), outer.height / (inner.height + 20), 1);
    canvas.viewbox({
      x: inner.x - 10 - room / scale,
      y: inner.y - 10,
      width: outer.width / scale,
      height: outer.height / scale,
    });
  }

  async refresh() {
    const turn = (this.asked += 1);
    const answer = await fetch(this.root.dataset.status, { credentials: "same-origin" });
    if (!answer.ok) return;
    const { steps } = await answer.json();
    if (turn === this.asked) this.show(steps); // else a later state is known: it is the true one
  }

  show(steps) {
    this.steps = steps;
    this.mark(steps);
    // The circuit has moved on: so does the view, unless all of it is shown.
    const current = steps.filter((step) => step.state !== "done").map((step) => step.id).join();
    if (current !== this.current && !this.whole) this.focus();
    this.current = current;
  }

  mark(steps) {
    const canvas = this.viewer.get("canvas");
    const overlays = this.viewer.get("overlays");
    const registry = this.viewer.get("elementRegistry");
    for (const [id, mark] of this.marked) canvas.removeMarker(id, mark);
    this.marked = [];
    overlays.clear();
    if (this.whole) this.number(overlays, registry);
    for (const step of steps) {
      const shape = registry.get(step.id);
      if (!shape || !STATES.includes(step.state)) continue;
      const mark = `at-${step.state}`;
      canvas.addMarker(step.id, mark);
      this.marked.push([step.id, mark]);
      if (!step.label || this.whole) continue;
      const tag = document.createElement("div");
      tag.className = `tag ${step.state}`;
      tag.textContent = step.label;
      // on the upper edge: the words of a task are inside it, those of a gateway below
      overlays.add(step.id, { position: { top: 0, left: shape.width / 2 }, html: tag });
    }
  }

  // The numbers of the list below, at a size that is read whatever that of the drawing.
  number(overlays, registry) {
    const listed = this.root.closest("[data-diagram]").querySelectorAll(".circuit-list [data-row]");
    for (const stop of listed) {
      const shape = registry.get(stop.dataset.row.replace("stop-", ""));
      if (!shape) continue;
      const tag = document.createElement("div");
      tag.className = "number";
      tag.textContent = stop.querySelector(".number").textContent.replace(".", "").trim();
      tag.setAttribute("aria-hidden", "true"); // the list says it
      overlays.add(shape.id, {
        position: { top: shape.height / 2, left: shape.width / 2 },
        html: tag,
        scale: false,
      });
    }
  }

  // Enlarged until its words are read: they stand for the numbers again.
  showWords() {
    this.setWhole(false);
    this.mark(this.steps);
  }

  // As a whole, with numbers where its words could not be read; or at the size at which they are.
  showWhole(whole) {
    this.setWhole(whole); // its frame is lower, and the names of its actors wider, before it is measured
    this.fit();
    if (whole && this.isReadable()) this.setWhole(false);
    this.mark(this.steps);
    if (!whole) this.focus();
  }

  setWhole(whole) {
    this.whole = whole;
    this.root.closest("[data-diagram]").toggleAttribute("data-whole", whole);
    this.viewer.get("canvas").resized();
  }

  // Readable at once: the steps under way in the middle, or the whole circuit when it fits.
  focus() {
    const canvas = this.viewer.get("canvas");
    this.fit();
    if (this.isReadable()) return;
    const current = this.marked.filter(([, mark]) => mark !== "at-done").map(([id]) => id);
    const [id] = current.length ? current : this.marked.map(([each]) => each).slice(-1);
    const shape = id && this.viewer.get("elementRegistry").get(id);
    canvas.zoom(READABLE);
    const box = canvas.viewbox();
    const inner = box.inner;
    const room = this.actors.offsetWidth / READABLE;
    const middle = shape ? shape.x + shape.width / 2 : inner.x;
    const height = shape ? shape.y + shape.height / 2 : inner.y;
    const within = (start, size, from, whole) => Math.max(from, Math.min(start, from + Math.max(0, whole - size)));
    canvas.viewbox({
      x: within(middle - (box.width + room) / 2, box.width, inner.x - 10 - room, inner.width + 20 + room),
      y: within(height - box.height / 2, box.height, inner.y - 10, inner.height + 20),
      width: box.width,
      height: box.height,
    });
  }

  isReadable() {
    return this.viewer.get("canvas").zoom() >= READABLE;
  }

  zoom(factor) {
    this.viewer.get("zoomScroll").stepZoom(factor);
  }

  // As a file, for a note or a slide.
  async save(name) {
    const { svg } = await this.viewer.saveSVG();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

function followButtons(section, diagram) {
  for (const button of section.querySelectorAll("[data-zoom]")) {
    const acts = {
      fit: () => diagram.showWhole(true),
      now: () => diagram.showWhole(false),
      full: () => (document.fullscreenElement ? document.exitFullscreen() : section.requestFullscreen()),
      svg: () => diagram.save(button.dataset.name),
    };
    const zoom = () => {
      diagram.zoom(Number(button.dataset.zoom));
      if (diagram.whole && diagram.isReadable()) diagram.showWords();
    };
    button.addEventListener("click", acts[button.dataset.zoom] || zoom);
  }
}

async function mount(root) {
  const section = root.closest("[data-diagram]");
  section.dataset.on = "yes";
  const diagram = new Diagram(root);
  try {
    await diagram.open();
  } catch (error) {
    delete section.dataset.on; // the list says the same
    throw error;
  }
  followButtons(section, diagram);
  // After the words of the page, and only when they moved: many open pages must not ask for both at once.
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.xhr.status !== 200 || !("etag" in detail.elt.dataset)) return;
    setTimeout(() => diagram.refresh(), Math.random() * SPREAD);
  });
  // Pushed with the words of the page: nothing to ask for.
  document.body.addEventListener("contreseing:steps", ({ detail }) => {
    diagram.asked += 1;
    diagram.show(detail);
  });
  let width = root.clientWidth;
  new ResizeObserver(() => {
    if (root.clientWidth === width || !root.clientWidth) return;
    width = root.clientWidth;
    diagram.viewer.get("canvas").resized();
    diagram.showWhole(diagram.whole);
  }).observe(root);
}

for (const root of document.querySelectorAll("[data-bpmn]")) {
  if (WIDE.matches) mount(root);
  else WIDE.addEventListener("change", () => mount(root), { once: true });
}
