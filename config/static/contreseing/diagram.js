// The diagram of the running contract, with the state of each step and of each actor in it.
// Mounted on <div data-bpmn="URL" data-status="URL">; the lists of the page say the same in words.
// The status is {"steps": [{"id": "…", "state": "done|now|late|stop", "label": "3 sur 7 rendus"}]}.

const STATES = ["done", "now", "late", "stop"];

class Diagram {
  constructor(root) {
    this.root = root;
    this.viewer = new window.BpmnJS({ container: root });
    this.marked = [];
  }

  async open() {
    const answer = await fetch(this.root.dataset.bpmn, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${this.root.dataset.bpmn}: ${answer.status}`);
    await this.viewer.importXML(await answer.text());
    this.fit();
    await this.refresh();
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
  for (const button of root.querySelectorAll("[data-zoom]")) {
    button.hidden = false;
    button.addEventListener("click", () => (button.dataset.zoom === "fit" ? diagram.fit() : diagram.zoom(Number(button.dataset.zoom))));
  }
  document.body.addEventListener("contreseing:event", () => diagram.refresh());
  new ResizeObserver(() => {
    diagram.viewer.get("canvas").resized();
    diagram.fit();
  }).observe(root);
}

for (const root of document.querySelectorAll("[data-bpmn]")) mount(root);
