// « Alerter cet appareil »: the permission is asked for by this click and by nothing else; the subscription goes
// with the form, as anything else that is sent.

const form = document.querySelector("[data-push]");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

async function subscribed() {
  const registration = await navigator.serviceWorker.register(form.dataset.worker);
  while (!registration.active) await new Promise((done) => setTimeout(done, 100));
  const wanted = { userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) };
  // one made with another key of the server is of no use any more
  await registration.pushManager.getSubscription().then((old) => old?.unsubscribe());
  return (await registration.pushManager.subscribe(wanted)).toJSON();
}

if (form && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  form.hidden = false;
  document.querySelector("[data-push-absent]").hidden = true;
  form.addEventListener("submit", async (event) => {
    if (form.elements.endpoint.value) return;
    event.preventDefault();
    const allowed = (await Notification.requestPermission()) === "granted";
    const found = allowed ? await subscribed().catch(() => null) : null;
    form.querySelector("[data-denied]").hidden = Boolean(found);
    if (!found) return;
    form.elements.endpoint.value = found.endpoint;
    form.elements.p256dh.value = found.keys.p256dh;
    form.elements.auth.value = found.keys.auth;
    form.requestSubmit();
  });
}
