// The diagram of the running contract, with the state of each step and of each actor in it.
// Mounted on <div data-bpmn="URL" data-status="URL">; the lists of the page say the same in words.
// The status is {"steps": [{"id": "…", "state": "done|now|late|stop", "label": "3 sur 7 rendus"}]}.

const READABLE = 0.85; // of the drawing’s own size: the smallest at which its words are read
const STATES = ["done", "now", "late", "stop"];

class Diagram {
  constructor(root) {
    this.root = root;
    // The wheel scrolls the page, as everywhere else: the buttons zoom.
    this.viewer = new window.BpmnJS({ container: root, zoomScroll: { enabled: false } });
    this.marked = [];
  }

  async open() {
    const answer = await fetch(this.root.dataset.bpmn, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${this.root.dataset.bpmn}: ${answer.status}`);
    await this.viewer.importXML(await answer.text());
    await this.refresh();
    this.focus();
    this.root.dataset.state = "ready";
  }

  fit() {
    this.viewer.get("canvas").zoom("fit-viewport", "auto");
  }

  async refresh() {
    const answer = await fetch(this.root.dataset.status, { credentials: "same-origin" });
    if (!answer.ok) return;
    const { steps } = await answer.json();
    const canvas = this.viewer.get("canvas");
    const overlays = this.viewer.get("overlays");
    const registry = this.viewer.get("elementRegistry");
    for (const [id, mark] of this.marked) canvas.removeMarker(id, mark);
    this.marked = [];
    overlays.clear();
    for (const step of steps) {
      const shape = registry.get(step.id);
      if (!shape || !STATES.includes(step.state)) continue;
      const mark = `at-${step.state}`;
      canvas.addMarker(step.id, mark);
      this.marked.push([step.id, mark]);
      if (!step.label) continue;
      const tag = document.createElement("div");
      tag.className = `tag ${step.state}`;
      tag.textContent = step.label;
      overlays.add(step.id, { position: { bottom: 8, left: shape.width / 2 }, html: tag });
    }
  }

  // Readable at once: the steps under way in the middle, or the whole circuit when it fits.
  focus() {
    const canvas = this.viewer.get("canvas");
    this.fit();
    if (canvas.zoom() >= READABLE) return;
    const current = this.marked.filter(([, mark]) => mark !== "at-done").map(([id]) => id);
    const [id] = current.length ? current : this.marked.map(([each]) => each).slice(-1);
    const shape = id && this.viewer.get("elementRegistry").get(id);
    canvas.zoom(READABLE);
    const box = canvas.viewbox();
    const inner = box.inner;
    const middle = shape ? shape.x + shape.width / 2 : inner.x;
    const height = shape ? shape.y + shape.height / 2 : inner.y;
    const within = (start, size, from, whole) => Math.max(from, Math.min(start, from + Math.max(0, whole - size)));
    canvas.viewbox({
      x: within(middle - box.width / 2, box.width, inner.x - 10, inner.width + 20),
      y: within(height - box.height / 2, box.height, inner.y - 10, inner.height + 20),
      width: box.width,
      height: box.height,
    });
  }

  zoom(factor) {
    this.viewer.get("zoomScroll").stepZoom(factor);
  }
}

async function mount(root) {
  const diagram = new Diagram(root);
  try {
    await diagram.open();
  } catch (error) {
    // The words beside the diagram say the same: leave them the room.
    root.closest("[data-diagram]")?.setAttribute("hidden", "");
    throw error;
  }
  for (const button of root.closest("[data-diagram]").querySelectorAll("[data-zoom]")) {
    button.hidden = false;
    const acts = { fit: () => diagram.fit(), now: () => diagram.focus() };
    button.addEventListener("click", acts[button.dataset.zoom] || (() => diagram.zoom(Number(button.dataset.zoom))));
  }
  document.body.addEventListener("contreseing:event", () => diagram.refresh());
  let width = root.clientWidth;
  new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    diagram.viewer.get("canvas").resized();
    diagram.focus();
  }).observe(root);
}

for (const root of document.querySelectorAll("[data-bpmn]")) mount(root);
