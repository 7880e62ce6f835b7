// Where a proxy lets no websocket through: the page asks from time to time what it missed, says so, and leaves
// off as soon as the socket is greeted again. It is told what the socket would have told it (workflow/live/missed.py),
// from the last event that it saw: nothing is lost nor told twice, by whichever of the two it comes.

const FIRST = 10_000; // ms between two askings, doubled while nothing moves
const LONGEST = 60_000; // ms
const SPREAD = 0.1; // of the time, more or less at random: pages that were cut together do not ask together
const PATIENCE = 20_000; // ms

const { body } = document;
const state = document.getElementById("live-state");
const announcer = document.getElementById("live-announcer");
const watched = new URL(body.dataset.live || "/", window.location.href).searchParams.get("contract");

let page = null; // what live.js does with what comes; nothing while the socket is open
let timer = 0;
let wait = FIRST;
let tag = "";
let asking = false;
let said = false;

function sentence() {
  return (state?.dataset.poll || "").replace("{n}", String(Math.round(wait / 1000)));
}

function next(moved) {
  wait = moved ? FIRST : Math.min(LONGEST, wait * 2);
  clearTimeout(timer);
  timer = setTimeout(ask, wait * (1 - SPREAD + 2 * SPREAD * Math.random()));
}

async function asked() {
  const url = new URL(state?.dataset.missed || "/", window.location.href);
  url.searchParams.set("apres", body.dataset.lastEvent || "0");
  if (watched) url.searchParams.set("contrat", watched);
  const headers = { "HX-Request": "true" }; // not of somebody at work: it keeps no session open
  if (tag) headers["If-None-Match"] = tag;
  return fetch(url, { headers, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
}

async function ask() {
  timer = 0;
  if (!page || asking || document.visibilityState !== "visible") return; // asked once it is looked at again
  asking = true;
  const answer = await asked().catch(() => null);
  const told = answer?.status === 200 ? await answer.json().catch(() => null) : null;
  asking = false;
  if (!page) return; // the socket is back, and tells all of it
  if (answer?.status === 401 || answer?.type === "opaqueredirect") {
    leave().loggedOut();
  } else if (answer?.status === 404) {
    leave().forbidden();
  } else if (told || answer?.status === 304) {
    if (told) tag = answer.headers.get("ETag") || "";
    for (const event of told?.events ?? []) page.receive(event);
    if (told) page.stands(told.last);
    page.caughtUp();
    next(Boolean(told?.events.length));
    if (announcer && !said) announcer.textContent = sentence();
    said = true;
    page.show("poll", sentence());
  } else {
    next(false); // the server is away too
    page.show("wait");
  }
}

function leave() {
  const left = page;
  page = null;
  clearTimeout(timer);
  wait = FIRST;
  tag = "";
  said = false;
  return left;
}

body.addEventListener("contreseing:cut", ({ detail }) => {
  if (page) return;
  page = detail;
  ask();
});
body.addEventListener("contreseing:greeted", leave);

function now() {
  if (page && document.visibilityState === "visible") {
    clearTimeout(timer);
    ask();
  }
}
window.addEventListener("online", now);
document.addEventListener("visibilitychange", now);
