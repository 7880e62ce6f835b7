// What is typed is not lost when the session ends, when a connection fails or when the language changes.
// Each form keeps in this browser what was typed into it, sealed with a key that the server gives to its
// author alone: whoever sits there next reads nothing of it. It goes once the server has accepted it,
// when its author logs out, and after a week. No password, no code, no token, no file is ever kept.

const DAYS = 7;
const FORMS_AT_MOST = 40;
const LONGEST = 200_000; // characters of one form
const PAUSE = 150; // ms without typing
const TYPED = ["text", "search", "email", "tel", "url", "number", "date", "time", "checkbox", "radio"];
const SECRET = // the same as in config/typed.py
  /password|passphrase|csrf|credential|token|secret|(^|_)(code|key|pin|otp)($|_)/i;
const PREFIX = "contreseing:draft:";
const SENT = "contreseing:sent";
const CARRIED = "contreseing:carried";

const [owner, material] = (document.body.dataset.drafts || "").split(".");
const mine = `${PREFIX}${owner}:`;
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const text = (array) => btoa(Array.from(new Uint8Array(array), (byte) => String.fromCharCode(byte)).join(""));

// --- What a form holds -----------------------------------------------------------------------

function isKept(field) {
  if (!field.name || field.disabled || SECRET.test(field.name)) return false;
  if (field.matches("textarea, select")) return true;
  if (field.matches("[name=seen]")) return true; // what the form was opened on: the server then compares
  return field.matches("input") && TYPED.includes(field.type) && !/one-time-code|password|cc-/.test(field.autocomplete);
}

const fieldsOf = (form) => [...form.elements].filter(isKept);

function valuesOf(field) {
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked ? [field.value] : [];
  if (field.matches("select")) return [...field.selectedOptions].map((option) => option.value);
  return [field.value];
}

function held(form) {
  const found = {};
  for (const field of fieldsOf(form)) (found[field.name] ??= []).push(...valuesOf(field));
  return found;
}

function isChanged(field) {
  if (field.matches("[type=hidden]")) return false;
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  if (!field.matches("select")) return field.value !== field.defaultValue;
  const options = [...field.options];
  const chosen = options.some((option) => option.defaultSelected);
  return options.some((option, place) => option.selected !== (chosen || field.multiple ? option.defaultSelected : place === 0));
}

function fill(form, values) {
  for (const field of fieldsOf(form)) {
    const wanted = values[field.name];
    if (!wanted) continue;
    if (field.matches("[type=checkbox], [type=radio]")) field.checked = wanted.includes(field.value);
    else if (field.matches("select")) for (const option of field.options) option.selected = wanted.includes(option.value);
    else field.value = wanted[0] ?? "";
  }
}

const isSame = (form, values) => JSON.stringify(held(form)) === JSON.stringify(values);
const forms = () => [...document.querySelectorAll("main form[method=post]")].filter((form) => fieldsOf(form).some((field) => field.type !== "hidden"));
const address = (form) => new URL(form.getAttribute("action") || "", window.location.href).pathname;

function nameOf(form) {
  const place = forms().filter((each) => address(each) === address(form)).indexOf(form);
  return place < 0 ? null : `${mine}${address(form)}#${place}`;
}

// --- What the browser keeps --------------------------------------------------------------------

const sealing = material && window.crypto?.subtle
  ? window.crypto.subtle.importKey("raw", bytes(material), "AES-GCM", false, ["encrypt", "decrypt"])
  : null;

const turns = new Map(); // sealing takes a moment: what was said last stands

function forget(name) {
  turns.set(name, (turns.get(name) || 0) + 1);
  localStorage.removeItem(name);
}

async function keep(name, values) {
  const said = JSON.stringify(values);
  if (said.length > LONGEST) return;
  const turn = (turns.get(name) || 0) + 1;
  turns.set(name, turn);
  const iv = window.crypto.getRandomValues(new Uint8Array(12));
  const sealed = await window.crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealing, new TextEncoder().encode(said));
  if (turns.get(name) !== turn || loggedOut) return;
  try {
    localStorage.setItem(name, JSON.stringify({ at: Date.now(), iv: text(iv), sealed: text(sealed) }));
  } catch {
    // the browser keeps nothing, or has no place left: the page works as it does without
  }
}

async function kept(name) {
  try {
    const { at, iv, sealed } = JSON.parse(localStorage.getItem(name));
    const opened = await window.crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv) }, await sealing, bytes(sealed));
    return { at, values: JSON.parse(new TextDecoder().decode(opened)) };
  } catch {
    forget(name);
    return null;
  }
}

const names = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));

function forgetOld() {
  const ages = names().map((name) => [JSON.parse(localStorage.getItem(name) || "{}").at || 0, name]).sort().reverse();
  const oldest = Date.now() - DAYS * 24 * 3600 * 1000;
  ages.forEach(([at, name], place) => (at < oldest || place >= FORMS_AT_MOST) && localStorage.removeItem(name));
}

// --- While one types ---------------------------------------------------------------------------

const pauses = new Map();
let loggedOut = false;

function note(form) {
  clearTimeout(pauses.get(form));
  pauses.delete(form);
  const name = nameOf(form) ?? form.dataset.draft;
  if (!sealing || !name) return;
  form.dataset.draft = name; // a page that is emptied when its session ends has no place for it any more
  if (fieldsOf(form).some(isChanged)) keep(name, held(form));
  else if (!form.querySelector(".errorlist")) forget(name);
}

function typed(event) {
  const { form } = event.target;
  if (!form?.matches("main form[method=post]")) return;
  form.dataset.draft ||= nameOf(form) ?? "";
  clearTimeout(pauses.get(form));
  pauses.set(form, setTimeout(() => note(form), PAUSE));
}

document.addEventListener("input", typed);
document.addEventListener("change", typed);

document.addEventListener("submit", ({ target: form }) => {
  if (form.matches("[data-forget]")) {
    loggedOut = true;
    names().filter((name) => name.startsWith(mine)).forEach(forget);
  }
  const { forgetText } = form.dataset; // what the server gave back is not wanted: what is kept here is the same
  if (forgetText) names().filter((name) => name.startsWith(`${mine}${forgetText}#`)).forEach(forget);
  if (form.matches("[data-language]")) carry(form.elements.next.value);
  if (!sealing || !forms().includes(form)) return;
  note(form);
  // a fragment's form is answered in its place
  if (!form.matches("[hx-post]:not([data-once])")) sessionStorage.setItem(SENT, nameOf(form));
});

// What a fragment's own form sent is with the server: a note, the draft of an opinion.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { requestConfig: { elt: form }, xhr } = detail; // by now another form may be in its place
  if (!xhr.status || xhr.status >= 400 || !form?.dataset.draft || pauses.has(form)) return;
  forget(form.dataset.draft);
  if (!form.isConnected) form.dataset.draft = "";
});

// --- When a page comes -------------------------------------------------------------------------

// A language is chosen: the page comes again with what was typed, for strangers too.
function carry(to) {
  sessionStorage.setItem(CARRIED, JSON.stringify({ to, forms: forms().map(held) }));
}

function bringCarried() {
  const carried = JSON.parse(sessionStorage.getItem(CARRIED) || "null");
  sessionStorage.removeItem(CARRIED);
  if (carried?.to === window.location.pathname + window.location.search) {
    forms().forEach((form, place) => carried.forms[place] && fill(form, carried.forms[place]));
  }
}

// The form that this page answers: accepted, as a page elsewhere then says, or shown again with its errors.
function answered() {
  const name = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (!name || !sealing) return null; // the log-in page: what was sent was not taken
  const [{ redirectCount = 0 } = {}] = performance.getEntriesByType("navigation");
  if (redirectCount && !document.querySelector("main > [role=status] .stop")) forget(name);
  return redirectCount ? null : name;
}

function when(at) {
  const day = new Date(at);
  const french = document.documentElement.lang === "fr";
  const said = day.toLocaleDateString(french ? "fr-FR" : "en-GB", { dateStyle: "long" });
  const written = french ? said.replace(/^1 /, "1er ") : said;
  const minutes = String(day.getMinutes()).padStart(2, "0");
  return french ? `${written}, ${day.getHours()}\u00a0h\u00a0${minutes}` : `${written}, ${day.getHours()}:${minutes}`;
}

function tell(form, name, at) {
  const notice = document.getElementById("draft-found").content.firstElementChild.cloneNode(true);
  notice.querySelector("[data-when]").textContent = when(at);
  notice.querySelector("[data-file]").hidden = !form.querySelector("[type=file]");
  notice.querySelector("button").addEventListener("click", () => {
    form.reset();
    forget(name);
    notice.remove();
    form.dispatchEvent(new Event("change", { bubbles: true })); // a draft on the server follows
    fieldsOf(form).find((field) => field.type !== "hidden")?.focus();
  });
  const said = document.createElement("div");
  said.setAttribute("role", "status");
  form.prepend(said);
  requestAnimationFrame(() => said.append(notice)); // said aloud: the place was there before the words
}

async function giveBack(form, shownAgain) {
  const name = nameOf(form);
  form.dataset.draft = name;
  if (!localStorage.getItem(name)) return;
  if (name === shownAgain && form.querySelector(".errorlist")) return; // it shows what was sent, and why not
  const found = await kept(name);
  if (!found || isSame(form, found.values) || fieldsOf(form).some(isChanged)) return;
  fill(form, found.values);
  tell(form, name, found.at);
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

bringCarried();
const shownAgain = answered();
if (sealing) {
  forgetOld();
  forms().forEach((form) => giveBack(form, shownAgain));
}
