// The tools of a long text: they write in it the same marks that a person may type, so that what is kept is text.
// Written by the browser's own command, so that its « Undo » takes them back and the draft follows.

const PAUSE = 700; // ms without typing, before the preview follows
const ITEM = /^([ \t]*)([-•–]|\d{1,2}[.)])([ \t\u00a0]+)(.*)$/;

function write(area, start, end, text, selected) {
  area.focus();
  area.setSelectionRange(start, end);
  // not in every browser, and the one way that « Undo » knows
  if (!(text ? document.execCommand("insertText", false, text) : start === end || document.execCommand("delete"))) {
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(start + selected[0], start + selected[1]);
}

// The whole lines in which the selection stands.
function lines(area) {
  const { value, selectionStart, selectionEnd } = area;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const found = value.indexOf("\n", Math.max(selectionStart, selectionEnd - 1));
  const end = found < 0 ? value.length : found;
  return { start, end, all: value.slice(start, end).split("\n") };
}

function change(area, told) {
  const { start, end, all } = lines(area);
  const text = told(all).join("\n");
  write(area, start, end, text, [all.length > 1 ? 0 : text.length, text.length]);
}

const bare = (line) => line.replace(/^(#{2,3}[ \t]+|(?:[-•–]|\d{1,2}[.)])[ \t\u00a0]+)/, "");

function heading(all) {
  const [first] = all;
  const mark = first.startsWith("## ") ? "### " : first.startsWith("### ") ? "" : "## ";
  return all.map((line) => (line.trim() ? mark + bare(line) : line));
}

function list(all) {
  const is = all.every((line) => !line.trim() || /^[-•–] /.test(line));
  const only = all.length === 1;
  return all.map((line) => (line.trim() || only ? (is && line.trim() ? bare(line) : `- ${bare(line)}`) : line));
}

function numbers(all) {
  const is = all.every((line) => !line.trim() || /^\d{1,2}[.)] /.test(line));
  const only = all.length === 1;
  let number = 0;
  return all.map((line) => {
    if (!line.trim() && !only) return line;
    return is && line.trim() ? bare(line) : `${(number += 1)}. ${bare(line)}`;
  });
}

// Each line by itself: a mark never crosses the end of one.
function wrap(area, mark, sample) {
  const { value, selectionStart, selectionEnd } = area;
  let [start, end] = [selectionStart, selectionEnd];
  while (start < end && /\s/.test(value[start])) start += 1;
  while (end > start && /\s/.test(value[end - 1])) end -= 1;
  const said = value.slice(start, end);
  const size = mark.length;
  const outside = value.slice(start - size, start) === mark && value.slice(end, end + size) === mark;
  const isBold = mark === "*" && value.slice(start - 2, start) === "**" && value.slice(start - 3, start) !== "***";
  if (said && outside && !isBold) {
    write(area, start - size, end + size, said, [0, said.length]);
    return;
  }
  if (!said) {
    write(area, start, end, mark + sample + mark, [size, size + sample.length]);
    return;
  }
  const text = said.replace(/[^\n]+/g, (line) => {
    const [, before, mark_, blank, rest] = ITEM.exec(line) ?? [null, "", "", "", line];
    return rest.trim() ? `${before}${mark_}${blank}${mark}${rest.trim()}${mark}` : line;
  });
  const single = !said.includes("\n") && text === mark + said + mark;
  write(area, start, end, text, single ? [size, size + said.length] : [0, text.length]);
}

function table(area, column) {
  const { value, selectionEnd } = area;
  const found = value.indexOf("\n", selectionEnd);
  const end = found < 0 ? value.length : found;
  const before = value.slice(value.lastIndexOf("\n", end - 1) + 1, end).trim() ? "\n\n" : "";
  const head = `| ${column} 1 | ${column} 2 |`;
  const text = `${before}${head}\n| --- | --- |\n|  |  |\n`;
  write(area, end, end, text, [before.length + 2, before.length + 2 + column.length + 2]);
}

// Enter in a list begins the next point; in an empty point it ends the list.
function next(event) {
  const area = event.target;
  const { value, selectionStart: at, selectionEnd } = area;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || at !== selectionEnd) return;
  const start = value.lastIndexOf("\n", at - 1) + 1;
  const [, before, mark, blank, rest] = ITEM.exec(value.slice(start, at)) ?? [];
  if (!mark) return;
  event.preventDefault();
  if (!rest.trim()) {
    write(area, start, at, "", [0, 0]);
    return;
  }
  const following = /\d/.test(mark) ? `${Math.min(parseInt(mark, 10) + 1, 99)}${mark.at(-1)}` : mark;
  const text = `\n${before}${following}${blank}`;
  write(area, at, at, text, [text.length, text.length]);
}

function equip(tools) {
  const field = tools.closest(".field");
  const area = document.getElementById(tools.getAttribute("aria-controls"));
  const buttons = [...tools.querySelectorAll("button")];
  const { sample, column } = tools.dataset;
  const acts = {
    heading: () => change(area, heading),
    bold: () => wrap(area, "**", sample),
    italic: () => wrap(area, "*", sample),
    list: () => change(area, list),
    numbers: () => change(area, numbers),
    table: () => table(area, column),
  };
  for (const button of buttons) button.addEventListener("click", () => acts[button.dataset.tool]());
  // one stop of the Tab key for all (WAI-ARIA, toolbar)
  tools.addEventListener("keydown", (event) => {
    const here = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const there = buttons[(to + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === there ? 0 : -1;
    there.focus();
  });
  area.addEventListener("keydown", (event) => {
    const tool = { b: "bold", i: "italic" }[event.key.toLowerCase()];
    if (!tool || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) {
      next(event);
      return;
    }
    event.preventDefault();
    acts[tool]();
  });
  tools.hidden = false;
  field.querySelector("[data-without-script]").remove();
  preview(area, field.querySelector("[data-preview]"));
}

function preview(area, shown) {
  const place = shown.querySelector("[hx-post]");
  const ask = () => shown.open && window.htmx?.trigger(place, "contreseing:preview");
  let pause;
  area.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE);
  });
  shown.addEventListener("toggle", ask);
  shown.hidden = false;
}

document.querySelectorAll("[data-tools][hidden]").forEach(equip);
