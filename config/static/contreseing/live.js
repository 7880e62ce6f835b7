// What moves while one reads: events by websocket, fragments that re-fetch themselves.
// The server is workflow/live/consumers.py; what a page does about a verb is in its row, workflow/record/verbs.py,
// and comes with each event. What a page shows anew is pushed after it (workflow/live/pushing.py): a page asks
// for it by itself only where nothing comes. Without this script every page stays true once reloaded.

const DEBOUNCE = 150; // ms: acts come in bursts (eleven reviews open at once), one re-fetch is enough
const SPREAD = 1000; // ms over which the pages of one contract count their baskets anew
const FIRST_DELAY = 500; // ms before the first new attempt, doubled each time
const LONGEST_DELAY = 30_000; // ms
const TOAST = 8_000; // ms
const BUSY_DELAY = 5_000; // ms, when the server does not say how long
const LEAVING = 400; // ms, in which what was typed last is sealed and kept (drafts.js)
const PUSHED_WITHIN = 10_000; // ms, and as many again at random, after which what was not pushed is fetched
const CUT_AFTER = 3; // attempts in a row that nothing greeted: the page asks from time to time (polling.js)
const GREETED_WITHIN = 10_000; // ms: what opens and says nothing is cut as well
const PATIENCE = 30_000; // ms after which a fragment that never answers lets the next one go

const body = document.body;
const state = document.getElementById("live-state");
const announcer = document.getElementById("live-announcer");
const toasts = document.getElementById("toasts");

const watched = Number(new URL(body.dataset.live || "/", window.location.href).searchParams.get("contract"));

let last = Number(body.dataset.lastEvent || 0);
let attempts = 0;
let ungreeted = 0;
let greeting = 0;
let retry = 0;
let socket = null;
let over = false;
let waiting = [];
let baskets = 0;
let pushed = false; // whether the server pushes what moves on this page
let expected = 0; // until which event something is to be pushed,
let reached = 0; // and was
let unpushed = 0;
let missed = false; // the socket closed before it came

// Of a contract's page: where its parts are fetched; and what else than the tray the counters are of.
const parts = document.querySelector("[data-etag]");
const hasBaskets = Boolean(document.getElementById("baskets"));

function show(name, word) {
  document.documentElement.dataset.live = name;
  if (!state) return;
  state.hidden = false;
  state.dataset.state = name;
  state.querySelector("[data-word]").textContent = word || state.dataset[name] || "";
}

function toast(text, link) {
  if (!toasts) return;
  const box = document.createElement("div");
  box.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.text;
    box.append(" ", anchor);
  } else {
    setTimeout(() => box.remove(), TOAST);
  }
  toasts.append(box);
  while (toasts.childElementCount > 3) toasts.firstElementChild.remove();
}

function count() {
  baskets = 0;
  body.dispatchEvent(new CustomEvent("contreseing:baskets"));
}

function ask() {
  body.dispatchEvent(new CustomEvent("contreseing:event", { detail: { events: [] } }));
  count();
}

// Nothing came: the page asks for it, by another socket too, which takes nothing for shown.
function giveUp() {
  unpushed = 0;
  ask();
  socket?.close();
}

function expect(event) {
  if (event <= reached) return;
  expected = Math.max(expected, event);
  if (!unpushed) unpushed = setTimeout(giveUp, PUSHED_WITHIN * (1 + Math.random()));
}

function swap(target, content, swapStyle) {
  window.htmx.swap(target, content, { swapStyle }, { contextElement: target });
}

function counters(tray) {
  const box = document.createElement("template");
  box.innerHTML = tray || "";
  return [...box.content.children];
}

function take({ until, tray, contract, parts: moved, steps, tag }) {
  clearTimeout(unpushed);
  unpushed = 0;
  reached = Math.max(reached, until);
  expect(expected);
  for (const counter of counters(tray)) {
    const target = document.getElementById(counter.id);
    if (target) swap(target, counter.outerHTML, "morph");
  }
  if (!parts || contract !== watched) return;
  for (const [name, part] of Object.entries(moved)) {
    const target = document.getElementById(name);
    if (!target) continue;
    keepRows({ detail: { target } });
    swap(target, part, "morph:innerHTML");
  }
  parts.dataset.etag = tag;
  body.dispatchEvent(new CustomEvent("contreseing:steps", { detail: steps }));
}

function flush() {
  const events = waiting;
  waiting = [];
  const news = events.filter((event) => event.text && event.announced && !event.mine).map((event) => event.text);
  if (news.length > 3) news.splice(0, news.length - 3);
  if (news.length && announcer) announcer.textContent = news.join(" ");
  news.forEach((text) => toast(text));
  // A contract's page has nothing to fetch for what happens elsewhere, the tray's counter aside.
  const here = events.filter((event) => !watched || !event.contract || event.contract === watched);
  if (here.some((event) => !parts || !event.pushed || !event.contract)) {
    body.dispatchEvent(new CustomEvent("contreseing:event", { detail: { events } }));
  } else if (here.length) {
    expect(last);
  }
  // "reload" does not say: it stands for events of any kind.
  // On a contract's page the words come first: many of them are open when something happens to it.
  const moving = events.filter((event) => event.moves_baskets !== false);
  if (!baskets && moving.some((event) => hasBaskets || !event.pushed)) {
    baskets = setTimeout(count, watched ? Math.random() * SPREAD : 0);
  } else if (moving.length) {
    expect(last);
  }
}

function stands(event) {
  last = Math.max(last, event);
  body.dataset.lastEvent = String(last);
}

// What was to be pushed when the socket closed is fetched.
function caughtUp() {
  if (missed) ask();
  missed = false;
}

function receive(message) {
  if (message.kind === "hello") {
    // The greeting comes after what was missed and says where the page now stands.
    stands(Number(message.last || 0));
    attempts = ungreeted = 0;
    clearTimeout(greeting);
    pushed = Boolean(message.pushed);
    body.dispatchEvent(new CustomEvent("contreseing:greeted"));
    show("on");
    caughtUp();
    return;
  }
  if (message.kind === "pushed") {
    take(message);
    return;
  }
  // "reload" has no id: too much was missed to tell it one by one, the fragments re-fetch anyway.
  if (message.id && message.id <= last) return;
  stands(message.id || last);
  waiting.push({ ...message, pushed });
  if (waiting.length === 1) setTimeout(flush, DEBOUNCE);
}

function address() {
  const url = new URL(body.dataset.live, window.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (last) url.searchParams.set("after", String(last));
  return url;
}

function later() {
  if (over || retry) return;
  ungreeted += 1;
  if (ungreeted < CUT_AFTER) show("wait");
  else body.dispatchEvent(new CustomEvent("contreseing:cut", { detail: { receive, stands, caughtUp, show, loggedOut, forbidden } }));
  const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempts) * (0.5 + Math.random() / 2);
  attempts += 1;
  retry = setTimeout(connect, delay);
}

// The session is over: nothing of the page stays on the screen of whoever sits there now.
function loggedOut() {
  over = true;
  const login = state?.dataset.login || "/";
  body.replaceChildren();
  setTimeout(() => window.location.replace(login), LEAVING);
}

function forbidden() {
  over = true;
  document.querySelector("main")?.replaceChildren();
  show("over");
  if (announcer) announcer.textContent = state?.dataset.overLong || "";
  toast(state?.dataset.overLong || "", { href: state?.dataset.login || "/", text: state?.dataset.loginText || "" });
}

function connect() {
  clearTimeout(retry);
  retry = 0;
  if (over || (socket && socket.readyState <= WebSocket.OPEN)) return;
  const opened = new WebSocket(address());
  socket = opened;
  greeting = setTimeout(() => opened.close(), GREETED_WITHIN);
  socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    clearTimeout(greeting);
    missed ||= Boolean(unpushed);
    clearTimeout(unpushed);
    pushed = false;
    unpushed = 0;
    if (event.code === 4429) {
      // More recent pages of the same person took this one's place; reloading makes it the latest.
      over = true;
      show("full");
      if (announcer) announcer.textContent = state?.dataset.fullLong || "";
      toast(state?.dataset.fullLong || "", { href: window.location.href, text: state?.dataset.fullText || "" });
    } else if (event.code === 4401) {
      loggedOut();
    } else if (event.code === 4403) {
      forbidden();
    } else {
      later();
    }
  });
}

function now() {
  if (document.visibilityState === "visible" && retry) {
    attempts = 0;
    connect();
  }
}

// Fragments are fetched one after another: many open pages must not each ask for five at once. One that
// the server is too busy to answer (503) is asked again after the time it said, and some more at random.
const fragments = new Map();
const asks = new WeakMap();
let fetching = null;

function fetchNext() {
  if (fetching || !fragments.size) return;
  const [place, ask] = fragments.entries().next().value;
  fragments.delete(place);
  const turn = {};
  fetching = turn;
  const done = () => {
    if (fetching !== turn) return;
    fetching = null;
    fetchNext();
  };
  setTimeout(done, PATIENCE);
  Promise.resolve(ask()).then(done, done);
}

body.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.triggeringEvent?.type.startsWith("contreseing:")) return;
  event.preventDefault();
  const ask = () => event.detail.issueRequest(true);
  asks.set(event.detail.elt, ask);
  fragments.set(event.detail.elt, ask);
  fetchNext();
});

body.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status !== 503 || !asks.has(elt)) return;
  const delay = Number(xhr.getResponseHeader("Retry-After")) * 1000 || BUSY_DELAY;
  const again = () => {
    if (elt.isConnected) fragments.set(elt, asks.get(elt));
    fetchNext();
  };
  setTimeout(again, delay * (1 + Math.random()));
});

// What a page already shows is not sent again: it says which state it has (RFC 9110, 13.1.2).
body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.dataset.etag) detail.headers["If-None-Match"] = detail.elt.dataset.etag;
});
body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const tag = detail.successful && detail.xhr.getResponseHeader("ETag");
  if (tag && !isOutrun(detail)) detail.elt.dataset.etag = tag;
});
// What was fetched while something newer was pushed is not shown after it: a tag begins by its last event.
const lastOf = (tag) => Number(/\d+/.exec(tag || "")?.[0] || 0);
const isOutrun = ({ elt, xhr }) => lastOf(xhr.getResponseHeader("ETag")) < lastOf(elt.dataset?.etag);
body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.elt.dataset.etag && isOutrun(detail)) detail.shouldSwap = false;
});

// A row that a re-fetched fragment changed is lit for a moment.
const before = new WeakMap();
const rows = (place) => new Map([...place.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row.textContent.trim()]));
const keepRows = (event) => before.set(event.detail.target, rows(event.detail.target));

function light(event) {
  const old = before.get(event.detail.target);
  if (!old) return;
  before.delete(event.detail.target);
  for (const row of event.detail.target.querySelectorAll("[data-row]")) {
    if (old.get(row.dataset.row) !== row.textContent.trim()) row.classList.add("changed");
  }
}

body.addEventListener("htmx:beforeSwap", keepRows);
body.addEventListener("htmx:oobBeforeSwap", keepRows);
body.addEventListener("contreseing:changed", light); // by morph.js

if (body.dataset.live) {
  connect();
  window.addEventListener("online", now);
  document.addEventListener("visibilitychange", now);
  window.addEventListener("pagehide", () => socket?.close(1000));
}
