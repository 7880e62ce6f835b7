// The document in the page: pages drawn as they come into view, selectable text, links,
// the structure of the tagged file for screen readers, zoom, page number, keyboard.
// Mounted on <div data-pdf="URL">; without this script the link inside opens the file.

const SCALES = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4];
const MARGIN = 0.1; // of a page's width: the least blank at the left of its text
const NARROW = 600; // pixels: on a phone the width is that of the text, not of the page

function place(viewer, root, pageNumber, annotation) {
  const view = viewer.getPageView(pageNumber - 1);
  if (!view?.viewport) return;
  view.div.querySelector(".place")?.remove();
  const [x1, y1, x2, y2] = view.viewport.convertToViewportRectangle(annotation.rect);
  const box = document.createElement("div");
  box.className = "place";
  box.textContent = root.dataset.fieldLabel || "";
  // Lengths relative to the page, so that the box follows the zoom between two drawings.
  box.style.left = `${(Math.min(x1, x2) / view.viewport.width) * 100}%`;
  box.style.top = `${(Math.min(y1, y2) / view.viewport.height) * 100}%`;
  box.style.width = `${(Math.abs(x2 - x1) / view.viewport.width) * 100}%`;
  box.style.height = `${(Math.abs(y2 - y1) / view.viewport.height) * 100}%`;
  view.div.append(box);
}

function mendStructure(container) {
  // pdf.js makes an element for each tag of the file, also for a form field that it does
  // not draw and for an empty header cell: they would announce things that are not there.
  for (const element of container.querySelectorAll('.structTree [role="form"]')) {
    element.removeAttribute("role");
    element.removeAttribute("aria-owns");
  }
  for (const element of container.querySelectorAll('.structTree :is([role="columnheader"], [role="rowheader"]):empty')) {
    if (!element.hasAttribute("aria-owns")) element.setAttribute("role", "cell");
  }
}

function mendLinks(container) {
  // The structure points at a link by a number that is nobody's identifier here; the link
  // itself is an empty box, which has its address for a name until its words are drawn.
  for (const element of container.querySelectorAll(".structTree [aria-owns]")) {
    const owned = element.getAttribute("aria-owns").split(" ");
    const known = owned.filter((id) => !/^\d+R$/.test(id));
    if (known.length === owned.length) continue;
    if (known.length) element.setAttribute("aria-owns", known.join(" "));
    else element.removeAttribute("aria-owns");
  }
  for (const link of container.querySelectorAll(".annotationLayer a:not([aria-label])")) {
    link.setAttribute("aria-label", link.title || link.getAttribute("href"));
    link.toggleAttribute("data-unnamed", true);
  }
}

function nameLinks(container) {
  for (const link of container.querySelectorAll(".annotationLayer a[data-unnamed]")) {
    const box = link.getBoundingClientRect();
    const words = [...link.closest(".page").querySelectorAll(".textLayer span")].filter((span) => {
      const at = span.getBoundingClientRect();
      const middle = at.top + at.height / 2;
      return middle > box.top && middle < box.bottom && at.left < box.right && at.right > box.left;
    });
    const name = words.map((span) => span.textContent).join(" ").replace(/[\s.]+/g, " ").trim();
    if (!name) continue;
    link.setAttribute("aria-label", name);
    link.removeAttribute("data-unnamed");
  }
}

async function locate(pdf, field) {
  // A signature field is on the last pages: look from the end.
  for (let number = pdf.numPages; number > 0; number -= 1) {
    const page = await pdf.getPage(number);
    const found = (await page.getAnnotations()).find((annotation) => annotation.fieldName === field);
    if (found) return { number, annotation: found };
  }
  return null;
}

async function mount(root) {
  const waiting = root.querySelector("[data-pdf-waiting]");
  // as the page comes, it speaks to a reader without this script
  if (waiting?.dataset.wait) waiting.textContent = waiting.dataset.wait;
  try {
    await open(root);
    waiting?.remove();
  } catch (error) {
    // The reader is told, and the link beside the message opens the file another way.
    if (waiting) waiting.textContent = root.dataset.failed || String(error);
    root.dataset.state = "failed";
    throw error;
  }
}

async function open(root) {
  const pdfjs = await import(root.dataset.pdfjs);
  const { EventBus, PDFLinkService, PDFViewer } = await import(root.dataset.viewer);
  pdfjs.GlobalWorkerOptions.workerSrc = root.dataset.worker;

  const container = root.querySelector(".scroll");
  const eventBus = new EventBus();
  const linkService = new PDFLinkService({ eventBus });
  const viewer = new PDFViewer({
    container,
    eventBus,
    linkService,
    removePageBorders: true,
    annotationMode: pdfjs.AnnotationMode.ENABLE,
    annotationEditorMode: pdfjs.AnnotationEditorType.DISABLE,
    // an address that is printed is no link of the document: nobody is sent where its text says
    enableAutoLinking: false,
  });
  linkService.setViewer(viewer);

  // WebAssembly would need an exception in the content security policy; our files need none of it.
  const pdf = await pdfjs.getDocument({ url: root.dataset.pdf, useWasm: false, enableXfa: false, isEvalSupported: false, verbosity: pdfjs.VerbosityLevel.ERRORS }).promise;
  const field = root.dataset.field ? await locate(pdf, root.dataset.field) : null;

  const number = root.querySelector("[data-pdf-number]");
  const total = root.querySelector("[data-pdf-total]");
  let fitted = true;
  // A page wider than its frame starts where its text does, or where the reader had put its left edge.
  const scaled = (change) => {
    const before = container.scrollLeft / container.scrollWidth;
    change();
    const wide = container.scrollWidth;
    if (wide <= container.clientWidth) return;
    container.scrollLeft = (before || MARGIN) * wide;
  };
  const fit = () => {
    fitted = true;
    container.scrollLeft = 0;
    scaled(() => {
      viewer.currentScaleValue = "page-width";
      if (container.clientWidth < NARROW) viewer.currentScale /= 1 - 2 * MARGIN;
    });
  };
  // another page shows what was shown of the one before: its text, not its margin
  const turn = (change) => {
    const left = container.scrollLeft;
    change();
    container.scrollLeft = left;
  };
  const zoom = (scale) => {
    fitted = false;
    scaled(() => (viewer.currentScale = scale));
  };
  const actions = {
    in: () => zoom(SCALES.find((scale) => scale > viewer.currentScale + 0.01) || 4),
    out: () => zoom(SCALES.findLast((scale) => scale < viewer.currentScale - 0.01) || 0.5),
    fit,
    previous: () => turn(() => viewer.previousPage()),
    next: () => turn(() => viewer.nextPage()),
  };

  const ready = new Promise((resolve) => {
    eventBus.on("pagesinit", () => {
      fit();
      const wanted = root.dataset.page;
      const first = wanted === "last" ? pdf.numPages : Number(wanted) || field?.number || 1;
      turn(() => (viewer.currentPageNumber = Math.min(Math.max(first, 1), pdf.numPages)));
      resolve();
    }, { once: true });
  });
  eventBus.on("pagechanging", (event) => (number.value = String(event.pageNumber)));
  let links = 0;
  new MutationObserver(() => {
    // in the same turn as the drawing: a screen reader never meets what is not mended
    mendStructure(container);
    mendLinks(container);
    clearTimeout(links); // a page's words come after its links: name these once it is quiet
    root.dataset.state = "drawing";
    links = setTimeout(() => {
      nameLinks(container);
      root.dataset.state = "ready";
    }, 120);
  }).observe(container, { childList: true, subtree: true });
  eventBus.on("pagerendered", (event) => {
    root.dataset.state = "ready";
    if (field && event.pageNumber === field.number) place(viewer, root, field.number, field.annotation);
  });

  viewer.setDocument(pdf);
  linkService.setDocument(pdf);
  await ready;

  total.textContent = String(pdf.numPages);
  number.max = String(pdf.numPages);
  number.value = String(viewer.currentPageNumber);
  number.addEventListener("change", () => {
    turn(() => (viewer.currentPageNumber = Math.min(Math.max(Number(number.value) || 1, 1), pdf.numPages)));
  });
  for (const button of root.querySelectorAll("[data-pdf-do]")) {
    button.addEventListener("click", () => actions[button.dataset.pdfDo]());
  }
  container.addEventListener("keydown", (event) => {
    const name = { "+": "in", "=": "in", "-": "out", "0": "fit", PageDown: "next", PageUp: "previous" }[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[name]();
  });
  root.querySelector(".tools [data-pdf-controls]").hidden = false;

  // A phone turned on its side gets the width again, unless its owner chose a zoom.
  let width = container.clientWidth;
  new ResizeObserver(() => {
    if (!fitted || container.clientWidth === width) return;
    width = container.clientWidth;
    fit();
  }).observe(container);
}

for (const root of document.querySelectorAll("[data-pdf]")) mount(root);
