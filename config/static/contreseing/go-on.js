// A form that leads on by itself: at once, or after data-after seconds. One that bears a name (data-go-on) does so
// once in this tab, so that whoever comes back, refused, is not sent away again. Without a script, its button does.
const sent = new WeakSet();

function goOn(form) {
  if (sent.has(form)) return;
  sent.add(form);
  const name = form.dataset.goOn;
  if (name) {
    if (sessionStorage.getItem(`go-on:${name}`)) return;
    sessionStorage.setItem(`go-on:${name}`, "1");
  }
  setTimeout(() => form.isConnected && form.requestSubmit(), Number(form.dataset.after || 0) * 1000);
}

function look() {
  document.querySelectorAll("form[data-go-on]").forEach(goOn);
}

look();
new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
